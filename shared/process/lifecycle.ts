/**
 * The life of a process: parts are started in order and stopped in the opposite one, once, within a bound.
 *
 *     idle ──start──► starting ──► running ──stop──► stopping ──► stopped
 *
 * What is promised: stopping twice waits for the one stop; stopping before the start leaves nothing to start; stopping
 * during the start lets the step under way finish, starts no further part, and stops what had been started. A part that
 * fails to start stops those before it. Whatever happens, a stop ends by its deadline, and one part that does not stop
 * leaves time for the others: after three quarters of what is left the next one has its turn.
 */
import type { Logger } from "./logger.ts";

export interface Part {
  readonly name: string;
  /** Rejects when the part cannot work; it must then have left nothing behind. */
  readonly start?: () => Promise<void> | void;
  readonly stop?: () => Promise<void> | void;
}

export interface Lifecycle {
  /** @returns true when everything runs, false when a stop came first; rejects when a part could not start */
  start(): Promise<boolean>;
  /** @returns true when every part stopped by itself within the deadline */
  stop(): Promise<boolean>;
}

export interface LifecycleOptions {
  readonly deadlineSeconds: number;
  readonly logger: Logger;
}

/** Of the time that is left, how much one part may take. */
const partShare = 3 / 4;

export function createLifecycle(parts: readonly Part[], { deadlineSeconds, logger }: LifecycleOptions): Lifecycle {
  const started: Part[] = [];
  let starting: Promise<boolean> | undefined;
  let stopping: Promise<boolean> | undefined;

  async function startParts(): Promise<boolean> {
    for (const part of parts) {
      if (stopping) return false;
      try {
        // Each part may rely on those before it.
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
    // A start under way ends after the step it is in, because `stopping` is set.
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
      // The next turn, so that `stopping` is set before the parts are looked at.
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
