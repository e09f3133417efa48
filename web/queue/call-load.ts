/**
 * Measures the load of calls to one dependency for the load shedder, such as status reads: calls in progress, age of the
 * oldest unanswered one, and whether the dependency answers.
 */
import { createFailureStreak } from "./failure-streak.ts";
import type { Load } from "./load-shedding.ts";

export interface CallLoad {
  /** @param call one call; its result is passed on unchanged */
  track<Result>(call: () => Promise<Result>): Promise<Result>;
  load(): Load;
}

/** Finished entries kept at the front before the list is cut. */
const cutAfter = 1_000;

/**
 * @param maxUnderWay concurrent calls from which on there is no room
 * @param now milliseconds, monotonic
 */
export function createCallLoad(maxUnderWay: number, now: () => number): CallLoad {
  const calls = createFailureStreak(now);
  let served = 0;
  /** Start times in order. Before `front` all are answered or overtaken. */
  let began: number[] = [];
  let front = 0;
  /** Number of the call at `began[0]`. */
  let first = 0;

  /**
   * Calls are taken in order, so an answered one proves that earlier ones were taken: an earlier one still open hangs,
   * and says nothing about the wait.
   */
  function answered(call: number): void {
    front = Math.max(front, call - first + 1);
    if (front < cutAfter || front * 2 < began.length) return;
    began = began.slice(front);
    first += front;
    front = 0;
  }

  return {
    async track(call) {
      const number = first + began.length;
      began.push(now());
      calls.begin();
      try {
        const result = await call();
        calls.succeeded();
        served += 1;
        return result;
      } catch (error) {
        calls.failed();
        throw error;
      } finally {
        answered(number);
      }
    },
    load: () => ({
      served,
      waiting: calls.underWay,
      hasRoom: calls.underWay < maxUnderWay,
      oldestWaitMs: front < began.length ? now() - (began[front] ?? 0) : 0,
      callsInFlight: calls.underWay,
      failingMs: calls.failingMs(),
      latestCallMs: calls.latestTryMs(),
    }),
  };
}
