/** The only place that maps results to exit codes and explains errors on the terminal. */
import { kindOf, type AwsErrorKind } from "../shared/aws/aws-error.ts";
import { TurnoutError, type ErrorCode } from "../shared/errors.ts";
import { withoutAddresses } from "../shared/process/logger.ts";

export const exitCodes = {
  /** Done, or the answer is yes. */
  ok: 0,
  /** Not done, or the answer is no. */
  failed: 1,
  /** Not tried: the command, its options or its environment are invalid. */
  usage: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const usageCodes: ReadonlySet<ErrorCode> = new Set([
  "TURNOUT_USAGE_INVALID",
  "TURNOUT_DEPLOYMENT_UNKNOWN",
  "TURNOUT_ENVIRONMENT_INVALID",
  "TURNOUT_EVENT_INVALID",
  "TURNOUT_LEDGER_INVALID",
]);

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof TurnoutError && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed;
}

const remedies: Record<AwsErrorKind, string> = {
  "access-denied":
    "Your AWS identity may not do this. Allow the action that is named above, or choose another identity with --profile.",
  "missing-resource":
    "It does not exist in this account and region. Check --stack, --region and --profile, or the variables.",
  credentials:
    "There are no valid AWS credentials. Log in (aws sso login, or aws configure), or name a profile with --profile.",
  clock: "The signature was rejected. Check this machine's clock and the secret access key.",
  throttled: "AWS throttles the calls. Wait a little, or ask for less at once.",
  unreachable: "The endpoint does not answer. Check the network, --region, and AWS_ENDPOINT_URL_… where set.",
  rejected: "AWS rejected the call as it stands.",
};

/** The SDK and other libraries wrap errors; network errors such as a refused connection have no message. */
function messageOf(error: Error): string {
  if (error.message !== "") return error.message;
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return errors.find((inner) => inner instanceof Error)?.message ?? error.name;
}

function isOfAws(error: Error): boolean {
  return "$metadata" in error || "$fault" in error || /Credentials|Token(Provider)?Error/.test(error.name);
}

/**
 * @param error any thrown value
 * @returns what happened and what to do, in a few lines, without stack and addresses
 */
export function explain(error: unknown): string {
  // Our messages hold no attendee data, but may show an example address.
  if (error instanceof TurnoutError) return `${error.message}\n(${error.code})`;
  if (!(error instanceof Error)) return withoutAddresses(String(error));
  const said = withoutAddresses(messageOf(error));
  if (/region is missing/i.test(said)) return "No AWS region is set. Give --region, or set AWS_REGION.";
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (isOfAws(error) || code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "ETIMEDOUT") {
    return `${error.name}: ${said}\n${remedies[kindOf(error)]}`;
  }
  return `${said}\n(${code ?? error.name}; if this is an error in the program, TURNOUT_TRACE=1 shows where it happened)`;
}
