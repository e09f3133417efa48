/**
 * Describes system errors (AWS or the network fails as a whole, not one registration), naming the action, the resource
 * and the construct to fix.
 */
import type { AwsErrorKind } from "../aws/aws-error.ts";
import { withoutAddresses } from "./logger.ts";

export interface SystemError {
  readonly kind: AwsErrorKind;
  /** IAM action, such as `dynamodb:PartiQLInsert`. */
  readonly action: string;
  /** Table name or queue URL. */
  readonly resource: string;
  /** What happened and what to do, on one line. */
  readonly message: string;
}

/** A tier's action on a resource, and where its permission is granted. */
export interface Operation {
  readonly action: string;
  readonly resource: string;
  /** The construct of the stack to check first. */
  readonly construct: string;
}

const remedy: Record<AwsErrorKind, (operation: Operation) => string> = {
  "access-denied": ({ action, resource, construct }) => `allow ${action} on ${resource} in ${construct}`,
  "missing-resource": ({ resource }) =>
    `${resource} does not exist; deploy the construct Data, which makes it, or correct its name`,
  credentials: ({ construct }) => `this process has no valid AWS credentials; see the instance role in ${construct}`,
  clock: () => "the request's signature was rejected; check this machine's clock and credentials",
  throttled: ({ resource }) => `${resource} is throttled; raise its throughput limits if that lasts`,
  unreachable: ({ resource }) => `the endpoint of ${resource} does not answer; check the network and its VPC endpoint`,
  rejected: ({ action, resource }) =>
    `${action} on ${resource} was rejected as it stands; this is an error in the program`,
};

/** @returns the error in words, with AWS's message, which names the role and the denied action */
export function describeSystemError(kind: AwsErrorKind, operation: Operation, error: unknown): SystemError {
  const { action, resource } = operation;
  const said = withoutAddresses(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return { kind, action, resource, message: `${kind}: ${remedy[kind](operation)} (${said})` };
}
