/** Notices the first failure of a deployment while it runs: with a rollback, nothing is left after it. */
import { setTimeout as delay } from "node:timers/promises";
import { firstFailure, type EventFollower } from "../stack/stack-events.ts";

export interface FailureWatch {
  /**
   * Ends the watch.
   * @param failed whether the deployment failed: then what was not begun yet is begun now
   */
  end(failed: boolean): Promise<void>;
}

/**
 * @param act called once, at the first failure; `end` rejects as it does
 * @param follower of its own, for a poll takes the events from it
 */
export function watchForFailure(
  follower: EventFollower,
  act: () => Promise<void>,
  { pollMs, signal }: { readonly pollMs: number; readonly signal: AbortSignal },
): FailureWatch {
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, signal]);
  let acting: Promise<void> | undefined;

  async function watch(): Promise<void> {
    while (!until.aborted && acting === undefined) {
      await delay(pollMs, undefined, { signal: until }).catch(() => {});
      if (until.aborted) return;
      // CloudFormation throttles early; the next poll returns what this one missed.
      const events = await follower.poll().catch(() => []);
      if (firstFailure(events) === undefined) continue;
      acting = act();
      // Told at the end; until then nobody waits for it.
      acting.catch(() => {});
    }
  }

  const watching = watch();
  return {
    async end(failed) {
      over.abort();
      await watching;
      if (failed) acting ??= act();
      await acting;
    },
  };
}
