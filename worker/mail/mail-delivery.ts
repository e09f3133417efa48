/**
 * Delivers the requests of one message: looks them up, decides, claims, sends and records them, in this order.
 *
 *     look up ─► decide ─► record what is not to be sent
 *                   │
 *                   └─► for each call: breaker ─► rate ─► claims ─► decide again ─► send ─► records
 *
 * A crash after the send repeats that call, at most 50 mails: the worker makes the next one only when the records of
 * this one are written, so more workers send more. What is not sent by the deadline, or failed by itself, is given back
 * as unfinished. While the sends' breaker is open the deadline stands still and mails are held: they are the probe. A
 * mail, unlike a write, must not be repeated at will, so the account is asked first, and a mail of which it is not known
 * whether it was sent is tried once more, in this delivery or a later one, and then counts as sent.
 *
 * Whoever withdraws or is erased while mails wait gets none: what is known of a mail is not old when it is sent.
 */
import { randomUUID } from "node:crypto";
import { mailKey, type MailKind, type MailRequest } from "../../shared/mail/mail-pack.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import { maxMailsPerCall, type Mail, type MailSender, type SendResult } from "./mail-sender.ts";
import { planMails, type DueMail, type ExplainedMail, type MailPlan } from "./mail-plan.ts";
import { createMailSettling, type Delivery, limitedBy, type Settled, type UnfinishedMail } from "./mail-settling.ts";
import { decideMail, type StandingRegistration } from "./mail-verdict.ts";
import type { MailsTable } from "./mails-table.ts";
import type { SendAdmission } from "./send-admission.ts";
import type { SendRate } from "./send-rate.ts";

export interface MailDelivery {
  /**
   * @param requests of one message
   * @param deadline on the clock of `now`; time with an open breaker does not count
   * @param doubts of each in earlier deliveries. Default: none.
   * @returns those that are still to be done; all others have a record. Never rejects.
   */
  deliver(requests: readonly MailRequest[], deadline: number, doubts?: number): Promise<UnfinishedMail[]>;
  /** Requests in work. */
  waiting(): number;
  /** Sends what is under way and starts nothing new; the rest becomes unfinished. Safe to repeat. */
  close(): void;
}

export interface MailDeliveryOptions {
  readonly table: MailsTable;
  readonly sender: MailSender;
  readonly admission: SendAdmission;
  readonly rate: SendRate;
  /** Of sends, as the admission's. */
  readonly breaker: CircuitBreaker;
  /** @returns what differs between the mails of a call: to whoever has the address, in this language */
  readonly variablesOf: (registration: StandingRegistration, language: string | undefined) => Omit<Mail, "email">;
  readonly sendToReserved: boolean;
  /** A call starts only within this time of its claims, so that it ends before their lease. */
  readonly claimFreshMs: number;
  /** What is known of a mail is read again where it is older than this. */
  readonly factsFreshMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

interface Due {
  readonly request: MailRequest;
  registration: StandingRegistration;
  /** When that was read, on the clock of `now`. */
  knownAt: number;
  /** When this delivery last claimed it, on the clock of `now`. */
  claimedAt: number | undefined;
}

/** What one call left. */
interface Progress {
  readonly left: readonly Due[];
  /** There is no time left for them. */
  readonly late: boolean;
}

/** The tables get so much time even when the message's is over: what was begun is finished. */
const leastTableMs = 5_000;
/** So many keys fill the calls of one read. */
const sliceSize = 100;

const requestsOf = (entries: readonly Due[]): MailRequest[] => entries.map(({ request }) => request);

export function createMailDelivery(options: MailDeliveryOptions): MailDelivery {
  const { table, sender, admission, rate, breaker, variablesOf, sendToReserved, now } = options;
  const settling = createMailSettling(table);
  let closed = false;
  let waiting = 0;
  /** The end of the latest call and its records. */
  let before: Promise<unknown> = Promise.resolve();

  /** Runs one piece of work after the other, whichever message it is for. */
  function afterOthers<T>(work: () => Promise<T>): Promise<T> {
    const result = before.then(work);
    before = result.catch(() => undefined);
    return result;
  }

  const leftMs = ({ deadline }: Delivery) => deadline - breaker.closedMs();
  /** On the clock of `now`. */
  const tableDeadline = (delivery: Delivery) => now() + Math.max(leastTableMs, leftMs(delivery));

  /** A call made now ends before the lease. */
  function isFresh({ claimedAt }: Due): boolean {
    return claimedAt !== undefined && now() - claimedAt < options.claimFreshMs;
  }

  /** Claims for one call. @returns those that are this delivery's now */
  async function claim(delivery: Delivery, entries: readonly Due[]): Promise<Due[]> {
    const { token } = delivery;
    const deadline = tableDeadline(delivery);
    // After a call that was throttled or failed, the claims of the try before are still good.
    const claimed = entries.filter(isFresh);
    const wanted = entries.filter((entry) => !claimed.includes(entry));
    const claimedAt = now();
    const claims = await table.claim(
      wanted.map(({ request }) => ({ request, token })),
      deadline,
    );
    const again: Due[] = [];
    const limited: (readonly [request: MailRequest, by: string])[] = [];
    for (const [index, entry] of wanted.entries()) {
      const { request } = entry;
      const result = claims[index];
      if (result?.kind === "claimed") {
        entry.claimedAt = claimedAt;
        (result.again ? again : claimed).push(entry);
      } else if (result?.kind === "limited") {
        limited.push([request, result.by]);
      } else if (result?.kind === "rejected") settling.leave(delivery, [request], "failed", result.detail);
      else settling.leave(delivery, [request], result ? "busy" : "waits");
    }
    if (again.length + limited.length === 0) return claimed;
    const ids = new Set([...requestsOf(again).map(mailKey), ...limited.map(([, by]) => by)]);
    const recorded = await table.recorded([...ids], deadline);
    const isSettled = ([, by]: readonly [MailRequest, string]) => recorded?.has(by) === true;
    await settling.record(
      delivery,
      limited.filter(isSettled).map(([request, by]) => [request, limitedBy(by)]),
    );
    // The other one may still give the turn back.
    settling.leave(
      delivery,
      limited.filter((one) => !isSettled(one)).map(([request]) => request),
      "busy",
    );
    const open = again.filter(({ request }) => recorded?.has(mailKey(request)) === false);
    if (!recorded) settling.leave(delivery, requestsOf(again), "waits");
    return [...claimed, ...open];
  }

  /** @returns the entries of a call that are still to be sent */
  async function settle(delivery: Delivery, entries: readonly Due[], results: readonly SendResult[]): Promise<Due[]> {
    const settled: Settled[] = [];
    const again: Due[] = [];
    for (const [index, entry] of entries.entries()) {
      const { request } = entry;
      const result = results[index] ?? { kind: "untried" };
      if (result.kind === "sent") {
        const { messageId } = result;
        settled.push([request, { outcome: "sent", ...(messageId !== undefined && { messageId }) }]);
      } else if (result.kind === "rejected") settled.push([request, { outcome: "rejected", detail: result.detail }]);
      else if (result.kind === "failed") settling.leave(delivery, [request], "failed", result.detail);
      else {
        if (result.kind === "system" && result.doubtful) settling.doubt(delivery, request);
        again.push(entry);
      }
    }
    await settling.record(delivery, settled);
    return again;
  }

  /** One call, when it may be made. Never two at once. */
  async function sendSome(
    delivery: Delivery,
    kind: MailKind,
    language: string | undefined,
    entries: readonly Due[],
  ): Promise<Progress> {
    const admitted = await admission.untilAdmitted(() => leftMs(delivery));
    // Only now, since while the circuit is open somebody must hold a mail that closes it.
    const left = await settling.settleDoubtful(delivery, entries);
    if (!admitted) return { left, late: true };
    const probing = admitted === "probe";
    const wanted = Math.min(left.length, maxMailsPerCall);
    const granted = wanted === 0 ? 0 : await rate.take(wanted, probing ? undefined : leftMs(delivery));
    const claimed = granted > 0 ? await claim(delivery, left.slice(0, granted)) : [];
    // A probe's mails have been held, however short.
    const due = await stillDue(delivery, language, claimed, probing ? 0 : options.factsFreshMs);
    const some = due.filter(isFresh);
    const stale = due.filter((entry) => !isFresh(entry));
    rate.giveBack(granted - some.length);
    if (some.length === 0) {
      // A probe without a mail: the account has answered, so the next mail decides.
      if (probing) breaker.succeeded();
      return { left: [...stale, ...left.slice(granted)], late: wanted > 0 && granted === 0 };
    }
    const mails = some.map(({ registration: one }) => ({ email: one.email, ...variablesOf(one, language) }));
    const results = await sender.send(kind, language, mails, () => some.every(isFresh));
    admission.report(results);
    return { left: [...(await settle(delivery, some, results)), ...stale, ...left.slice(granted)], late: false };
  }

  /** Decides again where what is known is too old. @returns those that are still to be sent */
  async function stillDue(
    delivery: Delivery,
    language: string | undefined,
    entries: readonly Due[],
    freshMs: number,
  ): Promise<Due[]> {
    const knownAt = now();
    if (entries.every((entry) => knownAt - entry.knownAt < freshMs)) return [...entries];
    const facts = await table.lookUp(requestsOf(entries), tableDeadline(delivery));
    const due: Due[] = [];
    const explained: ExplainedMail[] = [];
    for (const [index, entry] of entries.entries()) {
      const { request } = entry;
      const known = facts?.[index];
      const verdict = known && decideMail(request, known, sendToReserved);
      if (verdict?.kind === "explained") explained.push([request, verdict]);
      else if (verdict?.kind === "due" && verdict.language === language) {
        entry.registration = verdict.registration;
        entry.knownAt = knownAt;
        due.push(entry);
      } else if (verdict?.kind !== "done") settling.leave(delivery, [request], "waits");
    }
    await settling.freeTurns(delivery, explained);
    await settling.explain(delivery, explained);
    return due;
  }

  async function sendGroup(
    delivery: Delivery,
    kind: MailKind,
    language: string | undefined,
    entries: readonly Due[],
  ): Promise<void> {
    let progress: Progress = { left: entries, late: false };
    while (progress.left.length > 0 && !progress.late) {
      const { left } = progress;
      // oxlint-disable-next-line no-await-in-loop
      progress = await afterOthers(() => sendSome(delivery, kind, language, left));
    }
    settling.leave(delivery, requestsOf(progress.left), "waits");
  }

  /** @returns undefined when the tables did not answer in time */
  async function planOf(delivery: Delivery, requests: readonly MailRequest[]): Promise<MailPlan | undefined> {
    const facts = await table.lookUp(requests, tableDeadline(delivery));
    return facts && planMails(requests, facts, sendToReserved);
  }

  async function deliverSlice(delivery: Delivery, requests: readonly MailRequest[]): Promise<void> {
    const knownAt = now();
    let plan = await planOf(delivery, requests);
    // The turn that one gives up may be due to another of the same message.
    if (plan && (await settling.freeTurns(delivery, plan.explained)) > 0) plan = await planOf(delivery, requests);
    if (!plan) return settling.leave(delivery, requests, "waits");
    const { explained, groups, pending, followers } = plan;
    await settling.explain(delivery, explained);
    settling.leave(delivery, pending, "busy");
    const entryOf = (mail: DueMail): Due => ({ ...mail, knownAt, claimedAt: undefined });
    const sending = groups.map(({ mails, ...group }) => ({ ...group, entries: mails.map(entryOf) }));
    await Promise.all(sending.map(({ kind, language, entries }) => sendGroup(delivery, kind, language, entries)));
    await settleFollowers(delivery, followers);
    await releaseUnfinished(
      delivery,
      sending.flatMap(({ entries }) => entries),
    );
  }

  /** Further mails of a kind to one address: the first decides, and they are looked up once it is through. */
  async function settleFollowers(delivery: Delivery, followers: readonly MailRequest[]): Promise<void> {
    if (followers.length === 0) return;
    const facts = await table.lookUp(followers, tableDeadline(delivery));
    const limited: Settled[] = [];
    for (const [index, request] of followers.entries()) {
      const fact = facts?.[index];
      if (fact?.recorded) continue;
      if (fact?.limitedBy === undefined) settling.leave(delivery, [request], fact?.pending ? "busy" : "waits");
      else limited.push([request, limitedBy(fact.limitedBy)]);
    }
    await settling.record(delivery, limited);
  }

  return {
    async deliver(requests, deadline, doubts = 0) {
      const unique = [...new Map(requests.map((request) => [mailKey(request), request])).values()];
      const delivery: Delivery = {
        token: randomUUID(),
        deadline: breaker.closedMs() + (deadline - now()),
        unfinished: [],
        doubts: new Map(unique.map((request) => [request, doubts])),
      };
      waiting += unique.length;
      for (let start = 0; start < unique.length; start += sliceSize) {
        const slice = unique.slice(start, start + sliceSize);
        if (closed || leftMs(delivery) <= 0) settling.leave(delivery, slice, "waits");
        // One after the other: what is known of a mail must not be old when it is sent.
        // oxlint-disable-next-line no-await-in-loop
        else await deliverSlice(delivery, slice);
        waiting -= slice.length;
      }
      return delivery.unfinished;
    },
    waiting: () => waiting,
    close() {
      closed = true;
      admission.close();
      rate.close();
    },
  };

  /** What was claimed and not sent shall not wait for its lease. */
  async function releaseUnfinished({ token, unfinished }: Delivery, entries: readonly Due[]): Promise<void> {
    if (unfinished.length === 0) return;
    // Not those that were sent and could not be recorded.
    const open = new Set(unfinished.filter(({ why }) => why !== "busy").map(({ request }) => request));
    const held = entries.filter(({ request, claimedAt }) => claimedAt !== undefined && open.has(request));
    await table.release(held.map(({ request }) => ({ request, token })));
  }
}
