/**
 * Merges the registrations of all pollers into full table writes, and tells each what became of it.
 *
 *     writeAll ──► line ──► calls of up to 25 different addresses, `limit` under way ──► stored, duplicate, rejected
 *                    ▲                                   │
 *                    └──── back-off with full jitter ◄───┘ throttled, failed
 *
 * It is the same group commit as in the web tier: no timer, the next call takes what waits. A second registration of an
 * address that is already in the same call follows the first one instead of standing in it, for DynamoDB refuses a call
 * that names one key twice.
 *
 * How many calls are under way adapts as TCP does: halved when the table throttles, raised by one for each round of
 * calls that went well. A fault of the system opens the circuit breaker: then the line is held, for as long as it takes,
 * and the next call is the probe.
 */
import { dynamoDbLimits } from "../shared/aws-limits.ts";
import type { DeadLetterReason } from "../shared/dead-letter.ts";
import type { Registration } from "../shared/registration.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { InsertOutcome, RegistrationsTable } from "./registrations-table.ts";
import type { SystemFault } from "../shared/system-fault.ts";

export type WriteOutcome =
  | { readonly kind: "stored" }
  | { readonly kind: "duplicate" }
  | { readonly kind: "rejected"; readonly reason: DeadLetterReason; readonly detail: string }
  /** Not stored in time. It stays in its message, which comes again. */
  | { readonly kind: "undone" };

export interface RegistrationWriter {
  /**
   * @param registrations any number, of any addresses
   * @param deadline when to give up, on the clock of `now`; while the breaker is open, time does not count
   * @returns an outcome for each, in order; never rejects
   */
  writeAll(registrations: readonly Registration[], deadline: number): Promise<WriteOutcome[]>;
  figures(): WriterFigures;
  /**
   * From now on nothing is waited for: what can be written at once is, what is held or backs off comes out `undone`.
   * Calling it again does nothing.
   */
  close(): void;
}

export interface WriterFigures {
  /** Registrations in line or backing off. */
  readonly waiting: number;
  readonly callsInFlight: number;
  /** Calls that may be under way at once at this moment. */
  readonly limit: number;
}

export interface RegistrationWriterOptions {
  readonly table: RegistrationsTable;
  readonly breaker: CircuitBreaker;
  readonly maxCallsInFlight: number;
  /** How long the table may throttle or fail everything before that counts as a fault of the system. Below a deadline. */
  readonly standstillPatienceMs: number;
  readonly describeStandstill: (cause: "throttled" | "failed") => SystemFault;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly random: () => number;
  /** Told of each registration that is stored for the first time. */
  readonly onStored: (registration: Registration) => void;
}

/** What `writeAll` was given at once: one promise for all of it, since one for each would cost as much as checking it. */
interface Order {
  readonly deadline: number;
  readonly outcomes: WriteOutcome[];
  open: number;
  readonly settled: PromiseWithResolvers<WriteOutcome[]>;
}

interface Entry {
  readonly registration: Registration;
  readonly order: Order;
  /** Its place in the order. */
  readonly index: number;
  attempts: number;
  /** Others of the same address, waiting for what becomes of this one. */
  followers: Entry[];
}

const batchSize = dynamoDbLimits.maxBatchStatements;
const stored: WriteOutcome = { kind: "stored" };
const firstBackoffMs = 50;
const longestBackoffMs = 5_000;

function settle({ order, index }: Entry, outcome: WriteOutcome): void {
  if (order.outcomes[index]) return;
  order.outcomes[index] = outcome;
  order.open -= 1;
  if (order.open === 0) order.settled.resolve(order.outcomes);
}

export function createRegistrationWriter(options: RegistrationWriterOptions): RegistrationWriter {
  const { table, breaker, maxCallsInFlight, standstillPatienceMs, describeStandstill, now, random, onStored } = options;
  let line: Entry[] = [];
  const backingOff = new Map<NodeJS.Timeout, Entry[]>();
  let callsInFlight = 0;
  let limit = maxCallsInFlight;
  let lastDecreaseAt = -Infinity;
  /** Since when the table has been asked for several registrations at a time, or has throttled, and has taken nothing. */
  let standingSince: number | undefined;
  let waitingForBreaker = false;
  let closed = false;

  function takeBatch(): Entry[] {
    const batch = new Map<string, Entry>();
    let taken = 0;
    for (const entry of line) {
      const leader = batch.get(entry.registration.email);
      if (leader) leader.followers.push(entry);
      else if (batch.size === batchSize) break;
      else batch.set(entry.registration.email, entry);
      taken += 1;
    }
    line.splice(0, taken);
    return [...batch.values()];
  }

  function pump(): void {
    while (line.length > 0 && callsInFlight < Math.floor(limit)) {
      if (!breaker.admit()) return hold();
      void call(takeBatch());
    }
  }

  /** The breaker is open: the line stays as it is until a call is worth trying again. */
  function hold(): void {
    if (closed) {
      for (const entry of line) settleAll(entry, { kind: "undone" });
      line = [];
      return;
    }
    if (waitingForBreaker) return;
    waitingForBreaker = true;
    void breaker.untilWorthTrying().then(() => {
      waitingForBreaker = false;
      pump();
    });
  }

  async function call(batch: readonly Entry[]): Promise<void> {
    callsInFlight += 1;
    const outcomes = await table.insert(batch.map((entry) => entry.registration));
    callsInFlight -= 1;
    const system = outcomes.find((outcome) => outcome.kind === "system");
    const throttled = outcomes.some((outcome) => outcome.kind === "throttled");
    const progress = outcomes.some(({ kind }) => kind === "stored" || kind === "duplicate" || kind === "rejected");
    // One registration that fails alone may be at fault itself, and must not hold up everybody else.
    const standsStill = !progress && !system && (throttled || batch.length > 1);
    if (progress) standingSince = undefined;
    else if (standsStill) standingSince ??= now();
    if (throttled) slowDown();
    else if (!system) limit = Math.min(maxCallsInFlight, limit + 1 / limit);
    const standingMs = standingSince === undefined ? 0 : now() - standingSince;
    if (system) breaker.failed(system.fault);
    else if (standsStill && standingMs > standstillPatienceMs) {
      breaker.failed(describeStandstill(throttled ? "throttled" : "failed"));
    } else breaker.succeeded();

    const again: Entry[] = [];
    for (const [index, entry] of batch.entries()) {
      const outcome = outcomes[index] ?? { kind: "failed" };
      const { kind } = outcome;
      if (kind === "system" || kind === "throttled" || kind === "failed") again.push(entry);
      else settleStored(entry, outcome);
    }
    // While the circuit is open something always stands in line, for it is the probe that closes it again.
    if (breaker.state === "closed") backOff(again);
    else backInLine(again);
    pump();
  }

  function settleStored(
    entry: Entry,
    outcome: Exclude<InsertOutcome, { kind: "throttled" | "failed" | "system" }>,
  ): void {
    const { registration, followers } = entry;
    entry.followers = [];
    settle(entry, outcome.kind === "stored" ? stored : outcome);
    if (outcome.kind === "stored" && outcome.fresh) onStored(registration);
    const others: Entry[] = [];
    for (const follower of followers) {
      // Only after a `stored` is it known whose id is in the table; otherwise each has to ask for itself.
      if (outcome.kind !== "stored") others.push(follower);
      else settle(follower, follower.registration.id === registration.id ? stored : { kind: "duplicate" });
    }
    backInLine(others);
  }

  function backInLine(entries: readonly Entry[]): void {
    const all = entries.flatMap((entry) => {
      const { followers } = entry;
      entry.followers = [];
      return [entry, ...followers];
    });
    if (all.length > 0) line = [...all, ...line];
  }

  function settleAll(entry: Entry, outcome: WriteOutcome): void {
    settle(entry, outcome);
    for (const follower of entry.followers) settle(follower, outcome);
    entry.followers = [];
  }

  function slowDown(): void {
    // Calls that were under way together are throttled together: one halving for them all.
    if (now() - lastDecreaseAt < firstBackoffMs) return;
    lastDecreaseAt = now();
    limit = Math.max(1, limit / 2);
  }

  function backOff(entries: readonly Entry[]): void {
    const willing: Entry[] = [];
    for (const entry of entries) {
      entry.attempts += 1;
      if (closed || now() >= entry.order.deadline) settleAll(entry, { kind: "undone" });
      else willing.push(entry);
    }
    const [first] = willing;
    if (!first) return;
    const longest = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (first.attempts - 1));
    const timer = setTimeout(() => {
      backingOff.delete(timer);
      backInLine(willing);
      pump();
    }, random() * longest);
    backingOff.set(timer, willing);
  }

  return {
    writeAll(registrations, deadline) {
      const settled = Promise.withResolvers<WriteOutcome[]>();
      const order: Order = { deadline, outcomes: [], open: registrations.length, settled };
      for (const [index, registration] of registrations.entries()) {
        line.push({ registration, order, index, attempts: 0, followers: [] });
      }
      if (registrations.length === 0) settled.resolve([]);
      pump();
      return settled.promise;
    },
    figures() {
      let waiting = line.length;
      for (const entries of backingOff.values()) waiting += entries.length;
      return { waiting, callsInFlight, limit };
    },
    close() {
      if (closed) return;
      closed = true;
      for (const [timer, entries] of backingOff) {
        clearTimeout(timer);
        for (const entry of entries) settleAll(entry, { kind: "undone" });
      }
      backingOff.clear();
      if (breaker.state !== "closed") hold();
      pump();
    },
  };
}
