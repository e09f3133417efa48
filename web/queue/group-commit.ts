/**
 * Group commit: merges single registrations into packs and tells each submitter when *its own* pack is confirmed.
 *
 *     submit ──► line of packs ──► at most `maxSendsInFlight` sends ──► confirmed / failed
 *
 * There is no gathering timer. While a send is free, a registration leaves at once; otherwise it joins the last pack of
 * the buffer, which leaves with the next free send. So an idle service adds no latency and a busy one fills its packs,
 * as in a database's log.
 *
 * More concurrent sends shorten the wait but make smaller packs, and a send costs as much CPU as ten registrations. So
 * the idle ratio of the process limits the sends for packs that are not full. Full or old packs take any free send: one
 * slow send never blocks the buffer.
 *
 * All registrations of a pack share one promise, since it succeeds or fails as a whole. Independent of SQS and HTTP.
 */
import { TurnoutError } from "../../shared/errors.ts";
import {
  joinPack,
  maxPackBytes,
  maxPackRegistrations,
  packFrameBytes,
  packVersions,
  type PackVersion,
} from "../../shared/registration/registration-pack.ts";
import type { Span } from "../../shared/tracing/tracing.ts";
import { createFailureStreak } from "./failure-streak.ts";

export interface GroupCommitOptions {
  /**
   * Sends one pack. Resolves when it is stored; after a rejection it may or may not be.
   * @param count of registrations in it
   * @param spans of those that are traced; undefined when none is
   */
  readonly send: (body: string, count: number, spans?: readonly Span[]) => Promise<void>;
  readonly maxSendsInFlight: number;
  /** Idle ratio of this process, 0 to 1. Default: 1. */
  readonly idleRatio?: () => number;
  /** Registrations that may be buffered, not counting those being sent. */
  readonly maxWaiting: number;
  /** A pack buffered for longer is rejected, not sent: its people were told to try again, or left. */
  readonly maxWaitMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Pack {
  readonly encoded: string[];
  bytes: number;
  version: PackVersion;
  spans: Span[] | undefined;
  /** What is left to be done while it is under way. */
  chores: (() => void)[] | undefined;
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
  /** Age of the oldest buffered pack. */
  readonly oldestWaitMs: number;
  /** How long sends have failed without a success; 0 after a success or an idle time. */
  readonly failingMs: number;
  /** Age of the latest send without a result; 0 when there is none. */
  readonly latestSendMs: number;
}

export interface GroupCommit {
  /** Whether the buffer takes another registration. */
  hasRoom(): boolean;
  /**
   * @param encoded a result of `encodeRegistration` or `encodeChange`
   * @param version that its pack needs. Default: that of registrations
   * @param span of its request, which stays open until the result. Default: it is not traced.
   * @param chore work that the reply needs; it costs least when it is done for a whole pack in a row, and nobody waits for
   *   it while the pack is under way. Called at most once, before a confirmation; what it throws is dropped, so the caller
   *   looks whether it was done. Default: none.
   * @returns settles with its pack
   * @throws TURNOUT_OVERLOADED when the buffer is full or the wait was too long; TURNOUT_REGISTRATION_TOO_LARGE when no
   *   pack could hold it; TURNOUT_STOPPING after `close`; TURNOUT_ENQUEUE_FAILED when its pack was not confirmed
   */
  submit(encoded: string, version?: PackVersion, span?: Span, chore?: () => void): Promise<void>;
  figures(): GroupCommitFigures;
  /** Takes no more; resolves when everything taken has a result. Safe to repeat. */
  close(): Promise<void>;
}

function doChores(pack: Pack): void {
  const { chores } = pack;
  if (!chores) return;
  pack.chores = undefined;
  for (const chore of chores) {
    try {
      chore();
    } catch {
      // One that fails is its own request's matter.
    }
  }
}

/**
 * From this idle ratio on, all sends are used. Measured at 11,000 a second, 25 % idle: with 0.4 packs of 68 cost 64 µs a
 * registration, with 0.8 packs of 105 cost 57, and nobody waits longer.
 */
const plentyOfTime = 0.8;
/**
 * A pack this old takes any free send. A pack starts only when the previous one has left, so this adds at most ten
 * sends a second, about 1 % of a core.
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
    const pack: Pack = {
      encoded: [],
      bytes: packFrameBytes,
      version: packVersions.registrations,
      spans: undefined,
      chores: undefined,
      since: now(),
      confirmed: Promise.withResolvers<void>(),
    };
    buffer.push(pack);
    return pack;
  }

  async function commit(pack: Pack): Promise<void> {
    const count = pack.encoded.length;
    sends.begin();
    try {
      const sent = send(joinPack(pack.encoded, pack.version), count, pack.spans);
      // Only after the request has left.
      if (pack.chores) setImmediate(doChores, pack);
      await sent;
      doChores(pack);
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

  /** How many sends may be in flight for the first pack of the buffer to leave. */
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
   * For when no other registration or send triggers it. Not cleared when the pack leaves earlier, as most do: that is
   * cheaper than a timer per pack.
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
    submit(encoded, version = packVersions.registrations, span?: Span, chore?: () => void) {
      if (closing) return Promise.reject(new TurnoutError("TURNOUT_STOPPING", "Nothing is accepted while stopping."));
      if (waiting >= maxWaiting) {
        return Promise.reject(new TurnoutError("TURNOUT_OVERLOADED", "The send buffer is full."));
      }
      // One byte for the comma.
      const bytes = Buffer.byteLength(encoded) + 1;
      if (packFrameBytes + bytes > maxPackBytes) {
        const limit = `${bytes} bytes where ${maxPackBytes - packFrameBytes} fit`;
        return Promise.reject(new TurnoutError("TURNOUT_REGISTRATION_TOO_LARGE", `The registration has ${limit}.`));
      }
      const pack = packFor(bytes);
      pack.encoded.push(encoded);
      pack.bytes += bytes;
      if (version > pack.version) pack.version = version;
      if (span) (pack.spans ??= []).push(span);
      if (chore) (pack.chores ??= []).push(chore);
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
