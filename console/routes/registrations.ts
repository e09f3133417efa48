/** Registrations: find one by the exact address, download all. Both are posted, because no address may appear in a URL. */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import { exportFormats } from "../../admin/registrations/export-format.ts";
import { postedChoice, postedText, type PostedForm } from "../posted-form.ts";
import type { RegistrationService } from "../registration-service.ts";
import { reasonWords } from "../reason-words.ts";
import type { View } from "../view.ts";

export interface RegistrationRoutesOptions {
  readonly view: View;
  readonly service: RegistrationService;
}

/** Longer than any address, so that the validation of addresses reports the error. */
const maxGivenLength = 1_000;
const contentTypes = { csv: "text/csv; charset=utf-8", jsonl: "application/jsonl; charset=utf-8" } as const;

export async function registrationRoutes(
  app: FastifyInstance,
  { view, service }: RegistrationRoutesOptions,
): Promise<void> {
  const page = (data: object) => view.page("registrations", "registrations", "Registrations", { reasonWords, ...data });

  app.get("/registrations", async (_request, reply) => reply.type("text/html").send(page({ given: "" })));

  app.post<{ Body: PostedForm }>("/registrations", async ({ body }, reply) => {
    const given = postedText(body, "email", maxGivenLength);
    try {
      const finding = await service.find(given);
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
    const pieces = service.export(format, gone.signal);
    // Reads the first piece before the answer starts, so that an early failure is shown as an error and not as half a file.
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
