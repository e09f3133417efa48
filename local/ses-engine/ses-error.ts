/** The errors of the SES API v2 that the embedded one answers with, in the form in which the SDK reads them. */

const statuses = {
  AccountSuspendedException: 400,
  BadRequestException: 400,
  InternalServiceErrorException: 500,
  MessageRejected: 400,
  NotFoundException: 404,
  SendingPausedException: 400,
  TooManyRequestsException: 429,
} as const;

export type SesErrorCode = keyof typeof statuses;

/** An answer in place of a result: nothing of the call was done. */
export class SesError extends Error {
  readonly code: SesErrorCode;
  /** Of the HTTP answer. */
  readonly status: number;

  constructor(code: SesErrorCode, message: string) {
    super(message);
    this.name = "SesError";
    this.code = code;
    this.status = statuses[code];
  }
}
