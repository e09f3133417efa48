/**
 * Parses JSON bodies as Fastify does, with prototype poisoning protection, but only valid UTF-8. Otherwise invalid
 * bytes would become replacement characters in a stored name.
 */
import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";

/**
 * Call it before adding routes. Invalid UTF-8 is rejected with TURNOUT_BODY_UNREADABLE. A DELETE may name the type and have
 * no body: many clients always name it.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0 && request.method === "DELETE") done(null, undefined);
    else if (isUtf8(body)) void parse(request, body.toString(), done);
    else done(new TurnoutError("TURNOUT_BODY_UNREADABLE", "The body is not UTF-8. Send JSON in UTF-8."));
  });
}
