/** Replies that several routes share: accepted, where the status is, a page, and no such receipt. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { TurnoutError } from "../../shared/errors.ts";
import { formType } from "../../shared/registration/form-body.ts";
import { firstPollAfterSeconds } from "../../shared/registration/poll-pace.ts";
import { attendeePageHeaders } from "../../shared/page/page-headers.ts";
import type { RejectedForm } from "../page/pages.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** For a form: the page with it again, after an error that can be mended there or passes. */
    readonly showAgain?: (request: FastifyRequest, given: RejectedForm) => string;
  }
}

export const Accepted = Type.Object({
  receipt: Type.String({ description: "the only way to ask about this registration; keep it" }),
  status: Type.Literal("pending"),
  statusUrl: Type.String(),
  retryAfterSeconds: Type.Integer({ description: "when to poll statusUrl first" }),
});

const jsonType = "application/json; charset=utf-8";

/** @returns where the status of a receipt is */
export function statusUrlOf(receipt: string): string {
  return `/registrations/${receipt}`;
}

/**
 * Writes `Accepted` by hand: no value needs escaping, and nothing is left for the framework to decide, whose way to the same
 * bytes costs a registration a twelfth of its CPU time.
 */
export function sendAccepted(reply: FastifyReply, receipt: string): void {
  const statusUrl = statusUrlOf(receipt);
  const body = `{"receipt":"${receipt}","status":"pending","statusUrl":"${statusUrl}","retryAfterSeconds":${firstPollAfterSeconds}}`;
  reply.hijack();
  reply.raw
    .writeHead(202, {
      "content-type": jsonType,
      "cache-control": "no-store",
      location: statusUrl,
      "retry-after": String(firstPollAfterSeconds),
      // It is ASCII.
      "content-length": body.length,
    })
    .end(body);
}

/** @returns whether the body is a form, by the same parser that chooses the body parser */
export function isForm(request: FastifyRequest): boolean {
  return request.mediaType === formType;
}

/** @returns a redirect to the link that was meant */
export function sendToStatus(reply: FastifyReply, statusUrl: string): FastifyReply {
  return reply.header("Cache-Control", "no-store").redirect(statusUrl, 301);
}

/** @returns a redirect after a form post, to be followed by a GET */
export function sendOn(reply: FastifyReply, url: string): never {
  return reply.header("Cache-Control", "no-store").redirect(url, 303) as never;
}

/** The same answer for every invalid receipt, whatever is wrong with it. */
export function unknownReceipt(): TurnoutError {
  return new TurnoutError("TURNOUT_RECEIPT_UNKNOWN", "No registration belongs to this receipt.");
}

/** @returns the reply with an HTML page, bypassing the route's JSON serialiser */
export function sendPage(reply: FastifyReply, html: string): never {
  return reply
    .headers(attendeePageHeaders)
    .header("X-Robots-Tag", "noindex")
    .type("text/html; charset=utf-8")
    .serializer((payload: string) => payload)
    .send(html) as never;
}

/** The same for a page that must not be cached. */
export function sendPrivatePage(reply: FastifyReply, html: string): never {
  reply.header("Cache-Control", "no-store").header("Vary", "Accept, Accept-Language");
  return sendPage(reply, html);
}
