/**
 * Reads JSON bodies as Fastify does, with its protection against prototype poisoning, but only bytes that are UTF-8. Others
 * would be decoded into replacement characters without a word, and a name be stored that nobody has.
 */
import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";

/** Call it before routes are added. What is not UTF-8 is rejected with TURNOUT_BODY_UNREADABLE. */
export function acceptJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (isUtf8(body)) void parse(request, body.toString(), done);
    else done(new TurnoutError("TURNOUT_BODY_UNREADABLE", "The body is not UTF-8. Send JSON in UTF-8."));
  });
}
