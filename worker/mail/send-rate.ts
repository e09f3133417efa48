/**
 * Paces mails: never more a second than the account allows, and less where SES throttles.
 *
 * An account's rate holds for all its workers together, and none knows how many there are. So each starts at the whole
 * rate, halves its own when SES throttles, and raises it step by step while SES takes everything, as TCP shares a line.
 *
 * Turns are given by time alone: whoever takes n mails moves the next turn by n / rate. So a pause is not made up for
 * by a burst, and no more than one call leaves at once.
 */

export interface SendRate {
  /**
   * Waits for a turn.
   * @param wanted mails, at least 1
   * @param withinMs how long to wait at most. Default: no limit.
   * @returns how many may be sent now: at most one second's worth; 0 when the turn does not come in time, or when
   *   closed
   */
  take(wanted: number, withinMs?: number): Promise<number>;
  /** Gives back what was taken and not sent. */
  giveBack(mails: number): void;
  /** SES took a call. */
  succeeded(): void;
  /** SES throttled a call. */
  throttled(): void;
  /** Sets the account's rate, mails a second. */
  setLimit(mailsPerSecond: number): void;
  /** The rate now, mails a second. */
  current(): number;
  /** Ends all waits. Safe to repeat. */
  close(): void;
}

export interface SendRateOptions {
  /** Mails a second, above 0. */
  readonly limit: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** Below, an account could not send what one attendee waits for. */
const lowestRate = 0.1;
/** Of the limit: so many workers can share it. */
const mostWorkers = 64;
/** Share of the limit that is regained in one step. */
const step = 0.05;
const stepEveryMs = 1_000;
/** Calls under way together are throttled together: halved once for all of them. */
const halveEveryMs = 1_000;

export function createSendRate({ limit: firstLimit, now }: SendRateOptions): SendRate {
  let limit = Math.max(lowestRate, firstLimit);
  let rate = limit;
  let nextTurnAt = -Infinity;
  let raisedAt = -Infinity;
  let halvedAt = -Infinity;
  let closed = false;
  const waits = new Map<NodeJS.Timeout, () => void>();

  function wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      waits.delete(timer);
      resolve();
    }, Math.ceil(ms));
    waits.set(timer, resolve);
    return promise;
  }

  return {
    async take(wanted, withinMs = Infinity) {
      if (closed) return 0;
      const granted = Math.min(wanted, Math.max(1, Math.floor(rate)));
      const turnAt = Math.max(now(), nextTurnAt);
      const waitMs = turnAt - now();
      if (waitMs > withinMs) return 0;
      nextTurnAt = turnAt + (granted / rate) * 1_000;
      if (waitMs > 0) await wait(waitMs);
      // `close` ends waits.
      return closed ? 0 : granted;
    },
    giveBack(mails) {
      nextTurnAt -= (mails / rate) * 1_000;
    },
    succeeded() {
      if (rate >= limit || now() - Math.max(raisedAt, halvedAt) < stepEveryMs) return;
      raisedAt = now();
      rate = Math.min(limit, rate + limit * step);
    },
    throttled() {
      if (now() - halvedAt < halveEveryMs) return;
      halvedAt = now();
      rate = Math.max(lowestRate, limit / mostWorkers, rate / 2);
      // The second in which it was throttled is used up.
      nextTurnAt = Math.max(nextTurnAt, now() + 1_000);
    },
    setLimit(mailsPerSecond) {
      const before = limit;
      limit = Math.max(lowestRate, mailsPerSecond);
      rate = rate === before ? limit : Math.min(rate, limit);
    },
    current: () => rate,
    close() {
      closed = true;
      for (const [timer, end] of waits) {
        clearTimeout(timer);
        end();
      }
      waits.clear();
    },
  };
}
