/**
 * Parses form bodies, but only valid UTF-8, raw and percent-encoded: otherwise names would be stored with replacement
 * characters or escapes.
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
 * Call it before adding routes. The body becomes an object without prototype; repeated fields become arrays. Invalid
 * UTF-8 is rejected with TURNOUT_BODY_UNREADABLE.
 */
export function acceptFormBodies(app: FastifyInstance): void {
  app.addContentTypeParser(formType, { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    const text = isUtf8(body) ? body.toString() : undefined;
    if (text !== undefined && isDecodable(text)) done(null, parse(text));
    else done(new TurnoutError("TURNOUT_BODY_UNREADABLE", "The body is not UTF-8. Send the form in UTF-8."));
  });
}
