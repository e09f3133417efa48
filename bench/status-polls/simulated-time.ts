/**
 * Time that passes as fast as its events are worked off: for a script of the page, which knows no other clock than the
 * browser's, in many copies and over many minutes. It replaces the global timers and the global monotonic clock of this
 * process meanwhile.
 */

/** The real one: an answer of the web tier takes turns of the event loop, and no time. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface SimulatedTime {
  /** Milliseconds since its start. */
  now(): number;
  /** Runs it at a time, or at once if that is over. */
  at(ms: number, run: () => void): void;
  /** Time stands still until the work is done. */
  hold<T>(work: Promise<T>): Promise<T>;
}

interface Event {
  readonly at: number;
  readonly number: number;
  readonly run: () => void;
  /** As Node's timers have it. */
  unref(): Event;
}

/** Earliest first, in order of their making among equals. */
function createAgenda() {
  const heap: Event[] = [];
  const isBefore = (one: Event, other: Event) =>
    one.at < other.at || (one.at === other.at && one.number < other.number);
  const order = (index: number, other: number) => {
    const [a, b] = [heap[index], heap[other]];
    if (!a || !b || !isBefore(b, a)) return false;
    [heap[index], heap[other]] = [b, a];
    return true;
  };
  return {
    add(event: Event): void {
      let index = heap.push(event) - 1;
      for (let parent = (index - 1) >> 1; index > 0 && order(parent, index); parent = (index - 1) >> 1) index = parent;
    },
    take(): Event | undefined {
      const [first] = heap;
      const last = heap.pop();
      if (!first || !last || first === last) return first;
      heap[0] = last;
      for (let index = 0; ;) {
        const [left, right] = [2 * index + 1, 2 * index + 2];
        const [a, b] = [heap[left], heap[right]];
        const smaller = a && b && isBefore(b, a) ? right : left;
        if (!order(index, smaller)) return first;
        index = smaller;
      }
    },
  };
}

/**
 * @param simulate begins what takes the time
 * @returns when nothing is left to happen; the global clocks are real again
 */
export async function passTime(simulate: (time: SimulatedTime) => void): Promise<void> {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: performance.now };
  const agenda = createAgenda();
  const cancelled = new Set<unknown>();
  let now = 0;
  let made = 0;
  let held = 0;

  function at(ms: number, run: () => void): Event {
    made += 1;
    const event: Event = { at: Math.max(now, ms), number: made, run, unref: () => event };
    agenda.add(event);
    return event;
  }

  const time: SimulatedTime = {
    now: () => now,
    at: (ms, run) => void at(ms, run),
    async hold(work) {
      held += 1;
      try {
        return await work;
      } finally {
        held -= 1;
      }
    },
  };
  Object.assign(globalThis, {
    setTimeout: (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => at(now + ms, () => run(...given)),
    clearTimeout: (event: unknown) => cancelled.add(event),
  });
  performance.now = () => now;
  try {
    simulate(time);
    for (let event = agenda.take(); event; event = agenda.take()) {
      if (cancelled.delete(event)) continue;
      now = event.at;
      event.run();
      // Whatever it began goes on until it waits for a later time.
      do await nextTurn();
      while (held > 0);
    }
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    performance.now = real.now;
  }
}
