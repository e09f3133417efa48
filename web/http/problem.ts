/**
 * Turns every error into an answer: RFC 9457 `application/problem+json`, or a page for browsers. The only place that
 * maps error codes to HTTP statuses.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { preferredMediaType } from "./negotiation.ts";
import { errorCatalogue, TurnoutError, type ErrorCode, type ValidationError } from "../../shared/errors.ts";

const statusByCode: Partial<Record<ErrorCode, number>> = {
  TURNOUT_REGISTRATION_INVALID: 400,
  TURNOUT_REGISTRATION_TOO_LARGE: 413,
  TURNOUT_BODY_UNREADABLE: 400,
  TURNOUT_BODY_TOO_LARGE: 413,
  TURNOUT_MEDIA_TYPE_UNSUPPORTED: 415,
  TURNOUT_IDEMPOTENCY_KEY_INVALID: 400,
  TURNOUT_REQUEST_INVALID: 400,
  TURNOUT_NOT_OPEN_YET: 403,
  TURNOUT_CLOSED: 403,
  TURNOUT_ORIGIN_REFUSED: 403,
  TURNOUT_RATE_LIMITED: 429,
  TURNOUT_PAUSED: 503,
  TURNOUT_OVERLOADED: 503,
  TURNOUT_ENQUEUE_FAILED: 503,
  TURNOUT_MAIL_UNAVAILABLE: 503,
  TURNOUT_STOPPING: 503,
  TURNOUT_TABLE_UNAVAILABLE: 503,
  TURNOUT_RECEIPT_UNKNOWN: 404,
  TURNOUT_NOT_FOUND: 404,
  TURNOUT_METHOD_NOT_ALLOWED: 405,
};

/** Codes of answers that blame this side: 500 and above. */
export const serverErrorCodes = (Object.keys(statusByCode) as ErrorCode[])
  .filter((code) => (statusByCode[code] ?? 0) >= 500)
  .concat("TURNOUT_INTERNAL");

/** Fastify's own errors, in our words. */
const codeByFastifyCode: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "TURNOUT_BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "TURNOUT_MEDIA_TYPE_UNSUPPORTED",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "TURNOUT_BODY_UNREADABLE",
  FST_ERR_CTP_EMPTY_JSON_BODY: "TURNOUT_BODY_UNREADABLE",
  FST_ERR_CTP_INVALID_JSON_BODY: "TURNOUT_BODY_UNREADABLE",
  FST_ERR_HANDLER_TIMEOUT: "TURNOUT_OVERLOADED",
  FST_ERR_REOPENED_CLOSE_SERVER: "TURNOUT_STOPPING",
  FST_ERR_BAD_URL: "TURNOUT_REQUEST_INVALID",
  FST_ERR_ASYNC_CONSTRAINT: "TURNOUT_REQUEST_INVALID",
  FST_ERR_VALIDATION: "TURNOUT_REGISTRATION_INVALID",
};

const detailByCode: Partial<Record<ErrorCode, string>> = {
  TURNOUT_BODY_UNREADABLE: "Send a JSON object with email and name.",
  TURNOUT_BODY_TOO_LARGE: "No registration for this event can be that large.",
  TURNOUT_MEDIA_TYPE_UNSUPPORTED: "Send application/json, or a form as application/x-www-form-urlencoded.",
};

export interface Problem {
  /** URI reference that identifies the kind of problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** For 400: where in the body, and why. */
  readonly errors?: readonly ValidationError[];
  /** For 403 outside the opening: the opening times, ISO 8601. */
  readonly opensAt?: string;
  readonly closesAt?: string;
  /** For 503 while paused: what the organiser says. */
  readonly notice?: { readonly text: string; readonly language?: string };
  /** For 503 while paused: when it ends by itself, ISO 8601. */
  readonly until?: string;
}

/** @returns the problem document, without internals */
export function toProblem(error: unknown): Problem {
  const known = asTurnoutError(error);
  const status = statusByCode[known.code] ?? 500;
  return {
    type: `urn:turnout:error:${known.code}`,
    title: errorCatalogue[known.code].title,
    status,
    detail: status === 500 ? "The error was logged. Please try again." : known.message,
    code: known.code,
    ...(known.validationErrors.length > 0 && { errors: known.validationErrors }),
  };
}

function asTurnoutError(error: unknown): TurnoutError {
  if (error instanceof TurnoutError) return error;
  const { code, statusCode } = error as Partial<FastifyError>;
  const mapped = code === undefined ? undefined : codeByFastifyCode[code];
  const fallback = statusCode !== undefined && statusCode < 500 ? "TURNOUT_REQUEST_INVALID" : "TURNOUT_INTERNAL";
  // Invalid JSON arrives as a SyntaxError with status 400.
  const ours = mapped ?? (error instanceof SyntaxError && statusCode === 400 ? "TURNOUT_BODY_UNREADABLE" : fallback);
  return new TurnoutError(ours, detailByCode[ours] ?? `${errorCatalogue[ours].title}.`, { cause: error });
}

const forms = ["application/json", "application/problem+json", "text/html"] as const;

/** @returns whether the client is a browser that wants a page */
export function wantsPage({ headers: { accept } }: Pick<FastifyRequest, "headers">): boolean {
  // Sent by programs, our own script included: no choice to make.
  if (accept === undefined || accept === "*/*" || accept === "application/json") return false;
  return preferredMediaType(accept, forms) === "text/html";
}

export const problemType = "application/problem+json; charset=utf-8";

/** Sends `application/problem+json`. 503 and 429 get a `Retry-After` unless one is set already. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  prepareProblemReply(reply, problem);
  return reply.type(problemType).send(JSON.stringify(problem));
}

/** @returns the error for a known path with another method; sets `Allow` */
export function methodNotAllowed(reply: FastifyReply, methods: readonly string[]): TurnoutError {
  const allowed = methods.join(", ");
  reply.header("Allow", allowed);
  return new TurnoutError("TURNOUT_METHOD_NOT_ALLOWED", `Allowed here: ${allowed}.`);
}

const retryAfterSeconds = 2;

/** Sets status and headers, for either representation. */
export function prepareProblemReply(reply: FastifyReply, problem: Problem): void {
  reply.code(problem.status).header("Cache-Control", "no-store");
  if ((problem.status === 503 || problem.status === 429) && !reply.hasHeader("Retry-After")) {
    reply.header("Retry-After", retryAfterSeconds);
  }
}
