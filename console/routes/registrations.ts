/**
 * Registrations: find one by the exact address or a reference, download all. Both are
 * posted, because no address may appear in a URL.
 */
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import type { MailKind } from "../../shared/mail/mail-pack.ts";
import { exportFormats } from "../../admin/registrations/export-format.ts";
import type { EventStreams } from "../event-streams.ts";
import { postedChoice, postedText, type PostedForm } from "../posted-form.ts";
import type { RegistrationService } from "../registration-service.ts";
import { reasonWords } from "../reason-words.ts";
import type { View } from "../view.ts";
import { registrationScanRoutes } from "./registration-scans.ts";
import { byHandRoutes } from "./registrations-by-hand.ts";

export interface RegistrationRoutesOptions {
  readonly view: View;
  readonly service: RegistrationService;
  readonly streams: EventStreams;
}

/** Longer than any address, so that the validation of addresses reports the error. */
const maxGivenLength = 1_000;
const mailWords = {
  confirmed: "Confirmation",
  "already-registered": "Notice that the address was registered already",
  link: "Link on request",
} as const satisfies Record<MailKind, string>;
const contentTypes = { csv: "text/csv; charset=utf-8", jsonl: "application/jsonl; charset=utf-8" } as const;

export async function registrationRoutes(
  app: FastifyInstance,
  { view, service, streams }: RegistrationRoutesOptions,
): Promise<void> {
  await app.register(registrationScanRoutes, { view, scans: service.scans, streams });
  await app.register(byHandRoutes, { view, service: service.byHand });
  const page = (data: object) =>
    view.page("registrations", "registrations", "Registrations", { reasonWords, mailWords, ...data });

  app.get("/registrations", async (_request, reply) => reply.type("text/html").send(page({ given: "" })));

  app.post<{ Body: PostedForm }>("/registrations", { config: { onlyReads: true } }, async ({ body }, reply) => {
    const given = postedText(body, "email", maxGivenLength);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    try {
      const findings = await service.find(given, gone.signal);
      return await reply.type("text/html").send(page({ given, findings }));
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
