/**
 * Starts the parts of a process in order and stops them in reverse, once, within a deadline.
 *
 *     idle ──start──► starting ──► running ──stop──► stopping ──► stopped
 *
 * Stopping twice waits for the same stop. Stopping before the start prevents it; during the start, the current step
 * finishes and what was started is stopped. A part that fails to start stops those before it. A stop always ends by its
 * deadline: a part gets three quarters of the remaining time, then the next one is stopped.
 */
import type { Logger } from "./logger.ts";

export interface Part {
  readonly name: string;
  /** Rejects when the part cannot work; it must then clean up itself. */
  readonly start?: () => Promise<void> | void;
  readonly stop?: () => Promise<void> | void;
}

export interface Lifecycle {
  /** @returns true when everything runs, false when stopped before; rejects when a part could not start */
  start(): Promise<boolean>;
  /** @returns true when every part stopped within the deadline */
  stop(): Promise<boolean>;
}

export interface LifecycleOptions {
  readonly deadlineSeconds: number;
  readonly logger: Logger;
}

/** Share of the remaining time for one part. */
const partShare = 3 / 4;

export function createLifecycle(parts: readonly Part[], { deadlineSeconds, logger }: LifecycleOptions): Lifecycle {
  const started: Part[] = [];
  let starting: Promise<boolean> | undefined;
  let stopping: Promise<boolean> | undefined;

  async function startParts(): Promise<boolean> {
    for (const part of parts) {
      if (stopping) return false;
      try {
        // Parts may rely on those before them.
        // oxlint-disable-next-line no-await-in-loop
        await part.start?.();
      } catch (error) {
        void stop();
        throw error;
      }
      started.push(part);
    }
    return !stopping;
  }

  async function stopParts(endsAt: number): Promise<boolean> {
    let clean = true;
    // A start in progress ends after its current step because of `stopping`.
    await starting?.catch(() => undefined);
    for (const part of started.toReversed()) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        await stopWithin(part, (endsAt - performance.now()) * partShare);
      } catch (error) {
        clean = false;
        logger.error({ err: error, part: part.name }, "a part did not stop cleanly");
      }
    }
    return clean;
  }

  async function stopWithin(part: Part, timeoutMs: number): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`It had not stopped after ${Math.round(timeoutMs)} ms; the others are stopped without it.`));
    }, timeoutMs);
    try {
      await Promise.race([part.stop?.(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  function stop(): Promise<boolean> {
    stopping ??= withDeadline();
    return stopping;
  }

  async function withDeadline(): Promise<boolean> {
    const { promise: deadline, resolve } = Promise.withResolvers<boolean>();
    const endsAt = performance.now() + deadlineSeconds * 1_000;
    const timer = setTimeout(() => {
      logger.error({ deadlineSeconds }, "the stop took too long and was cut off");
      resolve(false);
    }, deadlineSeconds * 1_000);
    try {
      // On the next turn, after `stopping` is set.
      return await Promise.race([Promise.resolve().then(() => stopParts(endsAt)), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    start() {
      starting ??= stopping ? Promise.resolve(false) : startParts();
      return starting;
    },
    stop,
  };
}
