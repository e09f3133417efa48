/**
 * Measures the load of the status reads for the load shedder: reads in progress, age of the oldest unread one, and
 * whether the tables answer.
 */
import { createFailureStreak } from "../queue/failure-streak.ts";
import type { Load } from "../queue/load-shedding.ts";

export interface StatusLoad {
  /** @param read one status read; its result is passed on unchanged */
  track<Result>(read: () => Promise<Result>): Promise<Result>;
  load(): Load;
}

/** Finished entries kept at the front before the list is cut. */
const cutAfter = 1_000;

/**
 * @param maxUnderWay concurrent reads above which there is no room
 * @param now milliseconds, monotonic
 */
export function createStatusLoad(maxUnderWay: number, now: () => number): StatusLoad {
  const reads = createFailureStreak(now);
  let served = 0;
  /** Start times in order. Before `front` all are answered or overtaken. */
  let began: number[] = [];
  let front = 0;
  /** Number of the read at `began[0]`. */
  let first = 0;

  /**
   * Reads are taken in order, so an answered read proves that earlier ones were taken: an earlier one still open hangs,
   * and says nothing about the queue's wait.
   */
  function answered(read: number): void {
    front = Math.max(front, read - first + 1);
    if (front < cutAfter || front * 2 < began.length) return;
    began = began.slice(front);
    first += front;
    front = 0;
  }

  return {
    async track(read) {
      const number = first + began.length;
      began.push(now());
      reads.begin();
      try {
        const result = await read();
        reads.succeeded();
        served += 1;
        return result;
      } catch (error) {
        reads.failed();
        throw error;
      } finally {
        answered(number);
      }
    },
    load: () => ({
      served,
      waiting: reads.underWay,
      hasRoom: reads.underWay < maxUnderWay,
      oldestWaitMs: front < began.length ? now() - (began[front] ?? 0) : 0,
      callsInFlight: reads.underWay,
      failingMs: reads.failingMs(),
      latestCallMs: reads.latestTryMs(),
    }),
  };
}
