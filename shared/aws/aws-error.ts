/**
 * Classifies errors of AWS and the network by the names that services and SDK use. What to do about them is said in
 * `shared/process/system-error.ts` for the tiers and in `terminal/exit.ts` for commands.
 */

export type AwsErrorKind =
  | "access-denied"
  | "missing-resource"
  | "credentials"
  | "clock"
  | "throttled"
  | "unreachable"
  | "rejected";

const kindByName: Record<string, AwsErrorKind> = {
  AccessDenied: "access-denied",
  AccessDeniedException: "access-denied",
  NotAuthorized: "access-denied",
  UnauthorizedOperation: "access-denied",
  InsufficientPrivilegesException: "access-denied",
  KmsAccessDenied: "access-denied",
  CredentialsProviderError: "credentials",
  AuthFailure: "credentials",
  ExpiredToken: "credentials",
  ExpiredTokenException: "credentials",
  UnrecognizedClientException: "credentials",
  InvalidClientTokenId: "credentials",
  InvalidSecurity: "credentials",
  MissingAuthenticationToken: "credentials",
  IncompleteSignature: "credentials",
  SignatureDoesNotMatch: "clock",
  InvalidSignatureException: "clock",
  RequestExpired: "clock",
  RequestTimeTooSkewed: "clock",
  ThrottlingError: "throttled",
  ThrottlingException: "throttled",
  Throttling: "throttled",
  RequestThrottled: "throttled",
  RequestLimitExceeded: "throttled",
  ProvisionedThroughputExceeded: "throttled",
  ProvisionedThroughputExceededException: "throttled",
  TooManyRequestsException: "throttled",
};

/**
 * Each service has its own names for what does not exist: NoSuchDistribution, NoSuchEntity, DashboardNotFoundError,
 * InvalidGroup.NotFound, QueueDoesNotExist.
 */
const missing = /^(AWS\.\w+\.)?(NoSuch|NonExistent)[A-Z]|NotFound(Exception|Error)?$|DoesNotExist$/;

/** The names of an error and its causes: libraries wrap what the SDK throws. */
function namesOf(error: unknown): string[] {
  const names: string[] = [];
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    names.push(current.name);
    const { code, Code } = current as { code?: unknown; Code?: unknown };
    for (const name of [code, Code]) if (typeof name === "string") names.push(name);
  }
  return names;
}

/**
 * @param error thrown by an AWS call, or the error code of a statement
 * @returns its kind; `unreachable` for timeouts, connection errors and 5xx; `rejected` for any other answer
 */
export function kindOf(error: unknown): AwsErrorKind {
  for (const name of typeof error === "string" ? [error] : namesOf(error)) {
    const kind = kindByName[name] ?? (missing.test(name) ? "missing-resource" : undefined);
    if (kind) return kind;
  }
  if (typeof error === "string") return "rejected";
  const { $metadata, statusCode } = error as { $metadata?: { httpStatusCode?: number }; statusCode?: number };
  const status = $metadata?.httpStatusCode ?? statusCode ?? 0;
  return status >= 400 && status < 500 ? "rejected" : "unreachable";
}
