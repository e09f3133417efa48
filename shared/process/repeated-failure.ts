/**
 * Logs an error that comes again with every try: the first of a row, then once in a while with their number, and the end.
 * For what goes on beside the work, which an error must not stop and which must not fill the log either.
 */
import { kindOf } from "../aws/aws-error.ts";
import type { Logger } from "./logger.ts";

export interface RepeatedFailure {
  failed(error: unknown): void;
  succeeded(): void;
}

export interface RepeatedFailureOptions {
  readonly logger: Pick<Logger, "warn" | "info">;
  /** What does not work, and what goes on all the same. */
  readonly message: string;
  /** The IAM action that is called. */
  readonly action: string;
  /** Name of what it is called on. */
  readonly resource: string;
  /** The construct of the stack that grants it. */
  readonly construct: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Default: 5 minutes. */
  readonly everyMs?: number;
}

const defaultEveryMs = 300_000;

export function createRepeatedFailure(options: RepeatedFailureOptions): RepeatedFailure {
  const { logger, message, action, resource, construct, now, everyMs = defaultEveryMs } = options;
  let failures = 0;
  let toldAt = -Infinity;
  return {
    failed(error) {
      failures += 1;
      if (now() - toldAt < everyMs) return;
      toldAt = now();
      logger.warn({ err: error, kind: kindOf(error), action, resource, construct, failures }, message);
    },
    succeeded() {
      if (failures > 0) logger.info({ action, resource, failures }, "works again");
      failures = 0;
      toldAt = -Infinity;
    },
  };
}
