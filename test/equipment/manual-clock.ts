/** A monotonic clock that only a test moves. */

export interface ManualClock {
  /** Milliseconds. */
  now(): number;
  advance(ms: number): void;
}

export function createManualClock(start = 0): ManualClock {
  let time = start;
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
  };
}
