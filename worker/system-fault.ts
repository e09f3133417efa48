/**
 * Faults of the system, as opposed to faults of one registration: what AWS or the network answers when nothing can work,
 * put into words that name the action, the resource and the construct to mend.
 */
import { withoutAddresses } from "../shared/logger.ts";

export type SystemFaultKind =
  | "access-denied"
  | "missing-resource"
  | "credentials"
  | "clock"
  | "throttled"
  | "unreachable"
  | "refused";

export interface SystemFault {
  readonly kind: SystemFaultKind;
  /** IAM action, such as `dynamodb:PartiQLInsert`. */
  readonly action: string;
  /** Table name or queue URL. */
  readonly resource: string;
  /** What happened and what to do about it, in one line. */
  readonly message: string;
}

/** One thing that the worker does to one resource, and where the right to do it is granted. */
export interface Operation {
  readonly action: string;
  readonly resource: string;
  /** The construct of the stack to look at first. */
  readonly construct: string;
}

const kindByName: Record<string, SystemFaultKind> = {
  AccessDenied: "access-denied",
  AccessDeniedException: "access-denied",
  NotAuthorized: "access-denied",
  KmsAccessDenied: "access-denied",
  ResourceNotFound: "missing-resource",
  ResourceNotFoundException: "missing-resource",
  TableNotFoundException: "missing-resource",
  QueueDoesNotExist: "missing-resource",
  NonExistentQueue: "missing-resource",
  "AWS.SimpleQueueService.NonExistentQueue": "missing-resource",
  CredentialsProviderError: "credentials",
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

const remedy: Record<SystemFaultKind, (operation: Operation) => string> = {
  "access-denied": ({ action, resource, construct }) => `allow ${action} on ${resource} in ${construct}`,
  "missing-resource": ({ resource, construct }) =>
    `${resource} does not exist; deploy ${construct} or correct its name`,
  credentials: ({ construct }) => `this process has no valid AWS credentials; see the instance role in ${construct}`,
  clock: () => "the request's signature was refused; check this machine's clock and credentials",
  throttled: ({ resource }) => `${resource} is throttled for long; raise its throughput limits`,
  unreachable: ({ resource }) => `the endpoint of ${resource} does not answer; check the network and its VPC endpoint`,
  refused: ({ action, resource }) =>
    `${action} on ${resource} was refused as it stands; this is a fault of the program`,
};

/** The names of one error, and of what caused it: libraries wrap what the SDK throws. */
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
 * @param error what an AWS call threw, or the error code of one statement
 * @returns its kind; `unreachable` for time-outs, connection errors and 5xx; `refused` for any other answer
 */
export function kindOf(error: unknown): SystemFaultKind {
  for (const name of typeof error === "string" ? [error] : namesOf(error)) {
    const kind = kindByName[name];
    if (kind) return kind;
  }
  if (typeof error === "string") return "refused";
  const { $metadata, statusCode } = error as { $metadata?: { httpStatusCode?: number }; statusCode?: number };
  const status = $metadata?.httpStatusCode ?? statusCode ?? 0;
  return status >= 400 && status < 500 ? "refused" : "unreachable";
}

/** @returns the fault in words. The message of AWS is kept, since it names the role and the denied action. */
export function describeSystemFault(kind: SystemFaultKind, operation: Operation, error: unknown): SystemFault {
  const { action, resource } = operation;
  const said = error instanceof Error ? `${error.name}: ${withoutAddresses(error.message)}` : String(error);
  return { kind, action, resource, message: `${kind}: ${remedy[kind](operation)} (${said})` };
}
