/**
 * Reads the bodies of HTML forms, but only what is UTF-8, as it stands and as it is percent-encoded: anything else would
 * become replacement characters, or stay encoded, and a name be stored that nobody has.
 */
import { isUtf8 } from "node:buffer";
import { parse } from "node:querystring";
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../errors.ts";

export const formType = "application/x-www-form-urlencoded";

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Call it before routes are added. A body becomes an object without prototype; a field that came twice is an array. What is
 * not UTF-8 is rejected with TURNOUT_BODY_UNREADABLE.
 */
export function acceptFormBodies(app: FastifyInstance): void {
  app.addContentTypeParser(formType, { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    const text = isUtf8(body) ? body.toString() : undefined;
    if (text !== undefined && isDecodable(text)) done(null, parse(text));
    else done(new TurnoutError("TURNOUT_BODY_UNREADABLE", "The body is not UTF-8. Send the form in UTF-8."));
  });
}
