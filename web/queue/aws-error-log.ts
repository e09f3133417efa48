/**
 * Logs why AWS rejects or fails what the web tier asks of it: a sample for each kind of error of each call, in the words that
 * name the action, the resource and the construct to mend. It watches the client instead of the callers, so a call that is
 * added later is covered, and who waits for the answer still gets the error as it is.
 */
import { kindOf, type AwsErrorKind } from "../../shared/aws/aws-error.ts";
import type { Logger } from "../../shared/process/logger.ts";
import { describeSystemError } from "../../shared/process/system-error.ts";
import { createLogSampler } from "../http/log-sampler.ts";

export interface AwsErrorLogOptions {
  readonly logger: Logger;
  /** The construct that grants this process its rights. */
  readonly construct: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** The place in a client's middleware: around everything else, retries included. */
export const aroundCall = { step: "initialize", priority: "high", name: "errorLog" } as const;

/** These may pass by themselves; of any other somebody has to mend something. */
const transient: ReadonlySet<AwsErrorKind> = new Set(["throttled", "unreachable"]);

/** The parts of a call and its answer that are looked at. */
interface Input {
  readonly QueueUrl?: string;
  readonly TableName?: string;
  readonly RequestItems?: object;
}
interface Output {
  readonly UnprocessedKeys?: object;
}

/**
 * @param service as its IAM actions begin, such as `sqs`
 * @returns a middleware to be added to a client of that service with `aroundCall`
 */
export function createAwsErrorLog(service: string, { logger, construct, now }: AwsErrorLogOptions) {
  const sampler = createLogSampler(now);

  function report(action: string, resource: string, error: unknown, kind = kindOf(error)): void {
    const count = sampler.count(`${action} ${kind} ${resource}`);
    if (count === 0) return;
    const systemError = describeSystemError(kind, { action, resource, construct }, error);
    logger[transient.has(kind) ? "warn" : "error"]({ ...systemError, count }, "AWS rejected or failed a call");
  }

  return <Call extends { readonly input: object }, Answer extends { readonly output: object }>(
    next: (call: Call) => Promise<Answer>,
    { commandName = "" }: { readonly commandName?: string },
  ) => {
    const action = `${service}:${commandName.replace(/Command$/, "")}`;
    return async (call: Call): Promise<Answer> => {
      try {
        const answer = await next(call);
        const left = tablesIn((answer.output as Output).UnprocessedKeys);
        if (left.length > 0) report(action, left.join(), new Error("some keys were left unprocessed"), "throttled");
        return answer;
      } catch (error) {
        report(action, resourceOf(call.input, error), error);
        throw error;
      }
    };
  };
}

function tablesIn(requestItems: object | undefined): string[] {
  return requestItems ? Object.keys(requestItems) : [];
}

/** Of a call to several tables: the one that AWS names, or all of them where it names none. */
function resourceOf({ QueueUrl, TableName, RequestItems }: Input, error: unknown): string {
  const tables = tablesIn(RequestItems);
  const [, named = ""] = /:table\/([\w.-]*\w)/.exec(error instanceof Error ? error.message : "") ?? [];
  return QueueUrl ?? TableName ?? (tables.includes(named) ? named : tables.join());
}
