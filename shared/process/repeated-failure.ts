/**
 * Logs a repeated error: the first one, then occasionally with the count, and the recovery. For background work that
 * must neither stop nor fill the log.
 */
import { kindOf } from "../aws/aws-error.ts";
import type { Logger } from "./logger.ts";

export interface RepeatedFailure {
  failed(error: unknown): void;
  succeeded(): void;
}

export interface RepeatedFailureOptions {
  readonly logger: Pick<Logger, "warn" | "info">;
  /** What fails, and what continues regardless. */
  readonly message: string;
  /** IAM action of the call. */
  readonly action: string;
  /** Name of its resource. */
  readonly resource: string;
  /** The construct that grants it. Default: none does. */
  readonly construct?: string;
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
