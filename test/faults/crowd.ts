/**
 * The load's made-up people, coming at a steady rate, with the habits that a fault could hurt. Most submit once; some click
 * twice, some submit again with other content, some check their status and then change their mind; later some correct and
 * withdraw (`changes.ts`). Without a clear answer they retry with the same Idempotency-Key. Everything that is known goes
 * into the ledger as soon as it is known.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Ledger } from "../../admin/audit/ledger.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { normalizeSubmission, type Submission } from "../../shared/registration/submission-schema.ts";
import { spellOddly } from "../../load/people/crowd.ts";
import { createPeople } from "../../load/people/people.ts";
import { attempt, type Reply } from "../../load/run/registration-client.ts";
import { ledgerLineOf } from "../../load/run/ledger-line.ts";
import type { Receipts } from "../../shared/registration/receipts.ts";
import { createChanges, noChanges, type ChangeFigures, type ChangeShares } from "./changes.ts";
import { createInstancesClient } from "./instances-client.ts";
import type { Random } from "./random.ts";

export interface CrowdOptions {
  /** URLs of the web instances; each request goes to any of them, as through a balancer. */
  readonly webUrls: readonly string[];
  readonly event: EventDefinition;
  readonly random: Random;
  readonly ledger: Ledger;
  /** People who come each second. */
  readonly perSecond: number;
  /** People registering at once above which no further ones come: the rush of this machine, not of the event. */
  readonly maxPresent?: number;
  /** How often somebody tries before giving up; default 12. */
  readonly maxAttempts?: number;
  readonly habits?: Habits | undefined;
  /** With the keys of the web tier; without them nobody corrects or withdraws. */
  readonly receipts?: Receipts;
  readonly changeShares?: ChangeShares | undefined;
}

export interface CrowdFigures extends ChangeFigures {
  readonly people: number;
  readonly attempts: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly confirmed: number;
}

export interface Crowd {
  figures(): CrowdFigures;
  /** Nobody comes any more; settles when all who have come are done. Calling it again waits for the same. */
  stop(): Promise<CrowdFigures>;
}

export type Habit = "once" | "twice at once" | "again" | "change of mind" | "poll";

/** Which share of the people has each habit; all others submit once. */
export type Habits = Readonly<Partial<Record<Exclude<Habit, "once">, number>>>;

const usualHabits: Habits = { "twice at once": 0.05, again: 0.07, "change of mind": 0.04, poll: 0.03 };
const giveUpChance = 0.02;
const arrivalsEveryMs = 20;
const rememberedAddresses = 2_000;
const polls = 20;
const pollIntervalMs = 500;

export function startCrowd(options: CrowdOptions): Crowd {
  const { webUrls, event, random, ledger, perSecond, maxPresent = 400, maxAttempts = 12 } = options;
  const { habits = usualHabits } = options;
  const client = createInstancesClient();
  const people = createPeople({ seed: Math.floor(random.fork("people").between(0, 2 ** 31)), event });
  const known: string[] = [];
  const counts = { people: 0, attempts: 0, accepted: 0, rejected: 0, unknown: 0, confirmed: 0 };
  const again = (email: string): Submission => ({ email: spellOddly(email.trim()), ...people.content() });
  const { receipts } = options;
  const changes =
    receipts &&
    createChanges({
      client,
      webUrls,
      receipts,
      event,
      random: random.fork("changes"),
      ledger,
      content: people.content,
      maxAttempts,
      shares: options.changeShares,
    });
  const present = new Set<Promise<void>>();
  const began = performance.now();
  let leaving: Promise<CrowdFigures> | undefined;
  let missed = 0;

  async function send(submission: Submission, idempotencyKey: string): Promise<Reply> {
    const webUrl = random.pick(webUrls);
    const anyWeb = { post: (...request: [Submission, string]) => client.post(webUrl, ...request) };
    const sent = await attempt(anyWeb, { submission, idempotencyKey, kind: "first registration" });
    const line = ledgerLineOf(sent, event);
    if (line !== undefined) ledger.record(line);
    counts.attempts += 1;
    counts[sent.outcome] += 1;
    return sent.reply;
  }

  /** @returns the reply with the promise; undefined for whoever gave up or was rejected for good */
  async function submit(submission: Submission, key: string): Promise<Reply | undefined> {
    for (let attempts = 1; attempts <= maxAttempts; attempts += 1) {
      const reply = await send(submission, key);
      if (reply.status === 202) return reply;
      const final = reply.status !== null && reply.status < 500 && reply.status !== 429;
      if (final || random.chance(giveUpChance)) return undefined;
      await delay(random.between(50, Math.min(2_000, 100 * 2 ** attempts)));
    }
    return undefined;
  }

  async function watch(submission: Submission, key: string, { statusUrl }: Reply): Promise<boolean> {
    for (let poll = 0; poll < polls && statusUrl !== undefined; poll += 1) {
      await delay(pollIntervalMs);
      if ((await client.status(random.pick(webUrls), statusUrl)) === "confirmed") {
        const stored = { ...submission };
        normalizeSubmission(stored, event);
        ledger.record({
          outcome: "confirmed",
          id: registrationId(key, stored.email),
          email: stored.email,
          at: Date.now(),
        });
        counts.confirmed += 1;
        return true;
      }
    }
    return false;
  }

  function habit(): Habit {
    let drawn = random.next();
    for (const [one, share] of Object.entries(habits) as [Habit, number][]) {
      if (drawn < share) return one;
      drawn -= share;
    }
    return "once";
  }

  function remember(email: string): void {
    if (known.length < rememberedAddresses) known.push(email);
    else known[Math.floor(random.next() * rememberedAddresses)] = email;
  }

  async function register(key: string, what: Habit, submission: Submission): Promise<Reply | undefined> {
    if (what === "twice at once") {
      const [first, second] = await Promise.all([submit(submission, key), submit(submission, key)]);
      return first ?? second;
    }
    const reply = await submit(submission, key);
    remember(submission.email);
    if (reply && (what === "poll" || what === "change of mind")) {
      const confirmed = await watch(submission, key, reply);
      if (confirmed && what === "change of mind") await submit(again(submission.email), random.hex(32));
    }
    return reply;
  }

  async function visit(): Promise<void> {
    const what = habit();
    const submission = what === "again" && known.length > 0 ? again(random.pick(known)) : people.next();
    const reply = await register(random.hex(32), what, submission);
    if (reply?.statusUrl === undefined) return;
    if (await changes?.visit(reply.statusUrl)) await submit(again(submission.email), random.hex(32));
  }

  const arrivals = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond) - counts.people - missed;
    for (let index = 0; index < due; index += 1) {
      if (present.size >= maxPresent) {
        missed += due - index;
        return;
      }
      counts.people += 1;
      const visiting: Promise<void> = visit().finally(() => present.delete(visiting));
      present.add(visiting);
    }
  }, arrivalsEveryMs);

  async function leave(): Promise<CrowdFigures> {
    clearInterval(arrivals);
    while (present.size > 0) await Promise.all(present);
    client.close();
    return { ...counts, ...(changes?.figures() ?? noChanges) };
  }

  return {
    figures: () => ({ ...counts, ...(changes?.figures() ?? noChanges) }),
    stop() {
      leaving ??= leave();
      return leaving;
    },
  };
}
