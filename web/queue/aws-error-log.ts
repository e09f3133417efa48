/**
 * Logs AWS errors of the web tier: a sample per call and kind of error, naming the action, the resource and the
 * construct to fix. It is a client middleware, so new calls are covered, and callers still get the error.
 */
import { kindOf, type AwsErrorKind } from "../../shared/aws/aws-error.ts";
import type { Logger } from "../../shared/process/logger.ts";
import { describeSystemError } from "../../shared/process/system-error.ts";
import { createLogSampler } from "../http/log-sampler.ts";

export interface AwsErrorLogOptions {
  readonly logger: Logger;
  /** The construct that grants this process its permissions. */
  readonly construct: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Outermost in the middleware stack, around retries as well. */
export const aroundCall = { step: "initialize", priority: "high", name: "errorLog" } as const;

/** These may end by themselves; others need a fix. */
const transient: ReadonlySet<AwsErrorKind> = new Set(["throttled", "unreachable"]);

/** The fields read from a call and its answer. */
interface Input {
  readonly QueueUrl?: string;
  readonly TableName?: string;
  readonly RequestItems?: object;
}
interface Output {
  readonly UnprocessedKeys?: object;
}

/**
 * @param service prefix of its IAM actions, such as `sqs`
 * @returns a middleware to add to the service's client with `aroundCall`
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

/** For a call to several tables: the one that AWS names, otherwise all. */
function resourceOf({ QueueUrl, TableName, RequestItems }: Input, error: unknown): string {
  const tables = tablesIn(RequestItems);
  const [, named = ""] = /:table\/([\w.-]*\w)/.exec(error instanceof Error ? error.message : "") ?? [];
  return QueueUrl ?? TableName ?? (tables.includes(named) ? named : tables.join());
}
