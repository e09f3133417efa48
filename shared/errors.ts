/**
 * Turnout's own errors: one class, one catalogue. HTTP statuses are mapped in `web/http/problem.ts`, exit codes in
 * `terminal/exit.ts`. `docs/errors.md` explains each code; a test keeps both in step.
 */

interface CatalogueEntry {
  /** What happened, in a few words, the same for every occurrence. */
  readonly title: string;
  /** Whether the same call can succeed later without a change. */
  readonly retryable: boolean;
}

export const errorCatalogue = {
  TURNOUT_ENVIRONMENT_INVALID: { title: "The environment cannot be used", retryable: false },
  TURNOUT_EVENT_INVALID: { title: "The event definition cannot be used", retryable: false },
  TURNOUT_REGISTRATION_INVALID: { title: "The registration is not valid", retryable: false },
  TURNOUT_REGISTRATION_TOO_LARGE: { title: "The registration is too large for one message", retryable: false },
  TURNOUT_PACK_MALFORMED: { title: "The message is not a pack of registrations", retryable: false },
  TURNOUT_PACK_VERSION_UNSUPPORTED: { title: "The pack has a version this worker does not know", retryable: false },
  TURNOUT_BODY_UNREADABLE: { title: "The request body cannot be read", retryable: false },
  TURNOUT_BODY_TOO_LARGE: { title: "The request body is too large", retryable: false },
  TURNOUT_MEDIA_TYPE_UNSUPPORTED: { title: "The content type is not supported", retryable: false },
  TURNOUT_IDEMPOTENCY_KEY_INVALID: { title: "The Idempotency-Key is not valid", retryable: false },
  TURNOUT_NOT_OPEN_YET: { title: "Registration is not open yet", retryable: true },
  TURNOUT_CLOSED: { title: "Registration is closed", retryable: false },
  TURNOUT_ORIGIN_REFUSED: { title: "The form was sent from another site", retryable: false },
  TURNOUT_RATE_LIMITED: { title: "Too many requests from this address", retryable: true },
  TURNOUT_PAUSED: { title: "Registration is paused by the organiser", retryable: true },
  TURNOUT_OVERLOADED: { title: "More people are registering than can be accepted at this moment", retryable: true },
  TURNOUT_ENQUEUE_FAILED: { title: "The registration could not be put on the queue", retryable: true },
  TURNOUT_MAIL_UNAVAILABLE: { title: "The mail could not be ordered", retryable: true },
  TURNOUT_STOPPING: { title: "This instance is stopping", retryable: true },
  TURNOUT_TABLE_UNAVAILABLE: { title: "The registrations table does not answer", retryable: true },
  TURNOUT_RECEIPT_UNKNOWN: { title: "No registration belongs to this receipt", retryable: false },
  TURNOUT_NOT_FOUND: { title: "There is nothing at this address", retryable: false },
  TURNOUT_METHOD_NOT_ALLOWED: { title: "The method is not allowed at this address", retryable: false },
  TURNOUT_REQUEST_INVALID: { title: "The request cannot be understood", retryable: false },
  TURNOUT_USAGE_INVALID: { title: "The command was not understood", retryable: false },
  TURNOUT_DEPLOYMENT_UNKNOWN: { title: "It is not known which deployment is meant", retryable: false },
  TURNOUT_LEDGER_INVALID: { title: "The ledger cannot be read", retryable: false },
  TURNOUT_DEAD_LETTER_UNKNOWN: { title: "There is no such dead letter", retryable: false },
  TURNOUT_DEAD_LETTER_CHANGED: { title: "The dead letter is not in the state that this needs", retryable: false },
  TURNOUT_REPLAY_UNKNOWN: { title: "There is no such run of a replay", retryable: false },
  TURNOUT_REPLAY_RUNNING: { title: "A replay is running already", retryable: true },
  TURNOUT_REPLAY_CHANGED: { title: "The run of a replay is not in the state that this needs", retryable: false },
  TURNOUT_AUDIT_LOG_REFUSED: { title: "The audit log did not take the entry", retryable: true },
  TURNOUT_READ_ONLY: { title: "This console only shows", retryable: false },
  TURNOUT_ACCEPTANCE_CHANGED: { title: "Somebody else changed acceptance at the same time", retryable: true },
  TURNOUT_INTERRUPTED: { title: "The command was stopped before it was done", retryable: true },
  TURNOUT_INTERNAL: { title: "Something went wrong on our side", retryable: true },
} as const satisfies Record<`TURNOUT_${string}`, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** One invalid place in the input. */
export interface ValidationError {
  /** JSON Pointer (RFC 6901) into the input; "" is the whole. */
  readonly pointer: string;
  /** What is wrong there and what is allowed. */
  readonly detail: string;
}

export interface TurnoutErrorOptions {
  readonly cause?: unknown;
  readonly validationErrors?: readonly ValidationError[];
}

export class TurnoutError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Errors in a given document; otherwise empty. */
  readonly validationErrors: readonly ValidationError[];

  /**
   * @param code of the catalogue
   * @param message what happened, what was given, what is allowed or what to do; never attendee data
   */
  constructor(code: ErrorCode, message: string, { cause, validationErrors = [] }: TurnoutErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "TurnoutError";
    this.code = code;
    this.retryable = errorCatalogue[code].retryable;
    this.validationErrors = validationErrors;
  }
}
