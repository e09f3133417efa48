/**
 * Group commit: turns a stream of single registrations into packs, and tells each submitter when *its own* pack is safe.
 *
 *     submit ──► line of packs ──► at most `maxSendsInFlight` sends ──► confirmed / failed
 *
 * Nothing waits for a timer in order to gather. While a send is free, a registration leaves at once, alone; while all are busy, those that arrive
 * gather in the last pack of the line and leave together as soon as a send comes back. So an idle service adds no
 * latency, and a flooded one fills its packs by itself, as a database does with its log.
 *
 * More sends in flight mean a shorter wait, but smaller packs and more CPU for each registration: a send costs as much as
 * ten registrations. So a process with time to spare uses all its sends, and the less time it has, the fewer of them for
 * packs that are not full. A full pack always takes a free send, and so does one that has waited for a while: so neither a
 * slow queue nor one send that hangs holds the line while other sends are free.
 *
 * All who wait in one pack share one promise: a pack succeeds or fails as a whole, there is no partial outcome.
 * It knows nothing of SQS or HTTP.
 */
import { TurnoutError } from "../../shared/errors.ts";
import {
  joinPack,
  maxPackBytes,
  maxPackRegistrations,
  packFrameBytes,
} from "../../shared/registration/registration-pack.ts";
import { createFailureStreak } from "./failure-streak.ts";

export interface GroupCommitOptions {
  /**
   * Brings one pack to safety. Resolved means that it is stored; rejected means that it may or may not be.
   * @param count how many registrations are in it
   */
  readonly send: (body: string, count: number) => Promise<void>;
  readonly maxSendsInFlight: number;
  /** Share of its time that this process has left, 0 to 1. Default: all of it. */
  readonly idleRatio?: () => number;
  /** Registrations that may stand in line, those under way not counted. */
  readonly maxWaiting: number;
  /** A pack that stood in line for longer is not sent any more but rejected: its people were told to try again or left. */
  readonly maxWaitMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Pack {
  readonly encoded: string[];
  bytes: number;
  readonly since: number;
  readonly confirmed: PromiseWithResolvers<void>;
}

export interface GroupCommitFigures {
  /** Registrations confirmed since the start. */
  readonly confirmed: number;
  /** Packs confirmed since the start. */
  readonly packs: number;
  /** Packs whose send failed since the start. */
  readonly failedPacks: number;
  readonly waiting: number;
  readonly sendsInFlight: number;
  /** How long the first in line has waited. */
  readonly oldestWaitMs: number;
  /** For how long sends have failed and none was confirmed; 0 after every success, and after a time without any send. */
  readonly failingMs: number;
  /** For how long the latest of the sends under way has been; 0 while there is none. */
  readonly latestSendMs: number;
}

export interface GroupCommit {
  /** Whether one more registration would be taken into the line. */
  hasRoom(): boolean;
  /**
   * @param encoded a result of `encodeRegistration`
   * @returns settles when its pack does
   * @throws TURNOUT_OVERLOADED when the line is full or the wait was too long; TURNOUT_REGISTRATION_TOO_LARGE when no
   *   pack could hold it; TURNOUT_STOPPING after `close`; TURNOUT_ENQUEUE_FAILED when its pack was not confirmed
   */
  submit(encoded: string): Promise<void>;
  figures(): GroupCommitFigures;
  /** Takes nothing more and settles when everything taken has an outcome. Calling it again waits for the same. */
  close(): Promise<void>;
}

/** With this much of its time left, a process uses all its sends. */
const plentyOfTime = 0.4;
/**
 * After this long a pack takes any free send, full or not. A pack only starts when the one before it has left, so this makes
 * ten additional sends a second at most, about 1 % of a core, however little time the process has.
 */
const gatherAtMostMs = 100;

export function createGroupCommit({
  send,
  maxSendsInFlight,
  idleRatio = () => 1,
  maxWaiting,
  maxWaitMs,
  now,
}: GroupCommitOptions): GroupCommit {
  const buffer: Pack[] = [];
  let waiting = 0;
  const sends = createFailureStreak(now);
  let confirmed = 0;
  let packs = 0;
  let failedPacks = 0;
  let heldPack: NodeJS.Timeout | undefined;
  let closing: PromiseWithResolvers<void> | undefined;

  function packFor(bytes: number): Pack {
    const last = buffer.at(-1);
    if (last && last.encoded.length < maxPackRegistrations && last.bytes + bytes <= maxPackBytes) return last;
    const pack: Pack = { encoded: [], bytes: packFrameBytes, since: now(), confirmed: Promise.withResolvers<void>() };
    buffer.push(pack);
    return pack;
  }

  async function commit(pack: Pack): Promise<void> {
    const count = pack.encoded.length;
    sends.begin();
    try {
      await send(joinPack(pack.encoded), count);
      confirmed += count;
      packs += 1;
      sends.succeeded();
      pack.confirmed.resolve();
    } catch (cause) {
      failedPacks += 1;
      sends.failed();
      pack.confirmed.reject(
        new TurnoutError("TURNOUT_ENQUEUE_FAILED", "The queue did not confirm in time.", { cause }),
      );
    }
    dispatch();
  }

  /** How many sends may be in flight for this pack, the first of the line, to leave. */
  function sendsAllowed(pack: Pack): number {
    const isFull = buffer.length > 1;
    if (isFull || now() - pack.since >= gatherAtMostMs) return maxSendsInFlight;
    return Math.max(1, Math.round(maxSendsInFlight * Math.min(1, idleRatio() / plentyOfTime)));
  }

  function dispatch(): void {
    for (let pack = buffer[0]; pack && sends.underWay < sendsAllowed(pack); pack = buffer[0]) {
      buffer.shift();
      waiting -= pack.encoded.length;
      if (now() - pack.since > maxWaitMs) {
        pack.confirmed.reject(new TurnoutError("TURNOUT_OVERLOADED", "The wait for the queue was too long."));
      } else void commit(pack);
    }
    if (buffer[0] && sends.underWay < maxSendsInFlight) dispatchWhenOld(buffer[0]);
    if (closing && sends.underWay === 0) closing.resolve();
  }

  /**
   * Should nobody else come and no send come back. The timer is left to ring when the pack is gone meanwhile, and then looks
   * again: most packs leave before, and need not pay for setting and clearing one each.
   */
  function dispatchWhenOld(pack: Pack): void {
    if (heldPack) return;
    heldPack = setTimeout(
      () => {
        heldPack = undefined;
        dispatch();
      },
      Math.max(1, Math.ceil(pack.since + gatherAtMostMs - now())),
    );
    heldPack.unref();
  }

  return {
    hasRoom: () => waiting < maxWaiting && !closing,
    submit(encoded) {
      if (closing) return Promise.reject(new TurnoutError("TURNOUT_STOPPING", "Nothing is accepted while stopping."));
      if (waiting >= maxWaiting) {
        return Promise.reject(new TurnoutError("TURNOUT_OVERLOADED", "The line for the queue is full."));
      }
      // One byte for the comma before it.
      const bytes = Buffer.byteLength(encoded) + 1;
      if (packFrameBytes + bytes > maxPackBytes) {
        const limit = `${bytes} bytes where ${maxPackBytes - packFrameBytes} fit`;
        return Promise.reject(new TurnoutError("TURNOUT_REGISTRATION_TOO_LARGE", `The registration has ${limit}.`));
      }
      const pack = packFor(bytes);
      pack.encoded.push(encoded);
      pack.bytes += bytes;
      waiting += 1;
      dispatch();
      return pack.confirmed.promise;
    },
    figures: () => ({
      confirmed,
      packs,
      failedPacks,
      waiting,
      sendsInFlight: sends.underWay,
      oldestWaitMs: buffer[0] ? now() - buffer[0].since : 0,
      failingMs: sends.failingMs(),
      latestSendMs: sends.latestTryMs(),
    }),
    close() {
      closing ??= Promise.withResolvers<void>();
      dispatch();
      return closing.promise;
    },
  };
}
