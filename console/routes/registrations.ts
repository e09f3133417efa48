/** Who registered: one by the exact address, all as a download. An address never stands in a URL, so both are posted. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import { exportFormats } from "../../admin/registrations/export-format.ts";
import { postedChoice, postedText, type PostedForm } from "../posted-form.ts";
import type { RegistrationsDesk } from "../registrations-desk.ts";
import { reasonWords } from "../reason-words.ts";
import type { View } from "../view.ts";

export interface RegistrationRoutesOptions {
  readonly view: View;
  readonly desk: RegistrationsDesk;
}

/** Longer than any address: the rule for those is told by whoever checks it. */
const maxGivenLength = 1_000;
const contentTypes = { csv: "text/csv; charset=utf-8", jsonl: "application/jsonl; charset=utf-8" } as const;

export async function registrationRoutes(
  app: FastifyInstance,
  { view, desk }: RegistrationRoutesOptions,
): Promise<void> {
  const page = (data: object) => view.page("registrations", "registrations", "Registrations", { reasonWords, ...data });

  app.get("/registrations", async (_request, reply) => reply.type("text/html").send(page({ given: "" })));

  app.post<{ Body: PostedForm }>("/registrations", async ({ body }, reply) => {
    const given = postedText(body, "email", maxGivenLength);
    try {
      const finding = await desk.find(given);
      return await reply.type("text/html").send(page({ given, finding }));
    } catch (error) {
      if (!(error instanceof TurnoutError) || error.code !== "TURNOUT_REQUEST_INVALID") throw error;
      return reply
        .code(400)
        .type("text/html")
        .send(page({ given, error: error.message }));
    }
  });

  app.post<{ Body: PostedForm }>("/registrations/export", async (request, reply) => {
    const format = postedChoice(request.body, "format", exportFormats) ?? "csv";
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const pieces = desk.export(format, gone.signal);
    // The first piece before the answer begins: what fails at once is told in words, and not as half a file.
    const first = await pieces.next();
    async function* all(): AsyncGenerator<string> {
      if (!first.done) yield first.value;
      yield* pieces;
    }
    return reply
      .type(contentTypes[format])
      .header("content-disposition", `attachment; filename="registrations.${format}"`)
      .send(Readable.from(all()));
  });
}
