/**
 * The load of the status reads, measured from the outside: how many are under way, how long the line in front of them is
 * waiting, and whether the tables answer. The load shedder decides by it.
 */
import { createFailureStreak } from "../queue/failure-streak.ts";
import type { Load } from "../queue/load-shedding.ts";

export interface StatusLoad {
  /** @param read one read of a status; what becomes of it is handed on as it is */
  track<Result>(read: () => Promise<Result>): Promise<Result>;
  load(): Load;
}

/** How many entries in front of the line may be done with before the list is cut. */
const cutAfter = 1_000;

/**
 * @param maxUnderWay reads above which there is no room for more
 * @param now milliseconds, monotonic
 */
export function createStatusLoad(maxUnderWay: number, now: () => number): StatusLoad {
  const reads = createFailureStreak(now);
  let served = 0;
  /** When each read began, in order. Before `front` all are answered or overtaken. */
  let began: number[] = [];
  let front = 0;
  /** The number of the read that `began[0]` belongs to. */
  let first = 0;

  /**
   * Reads are taken in order, so a read that is answered shows that all before it have been taken as well: one of them that is
   * still open hangs, which says nothing of how long the others wait.
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
