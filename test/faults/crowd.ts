/**
 * The crowd at the front door: people who come at a steady rate and behave as people do. Most submit once; some click
 * twice, some submit again with other content, some look at their status and then change their mind; whoever gets no
 * clear answer sends the same again, with the same Idempotency-Key, until there is one or patience ends. Everything that
 * is known goes into the ledger at the moment when it is known.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Ledger } from "../../admin/audit/ledger.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { normalizeSubmission } from "../../shared/registration/submission-schema.ts";
import { createFrontDoor, outcomeOf, type FrontDoor, type Reply, type Submission } from "./front-door.ts";
import { createMadeUpPeople } from "./made-up-people.ts";
import type { Random } from "./random.ts";

export interface CrowdOptions {
  /** URLs of the web instances; each request goes to any of them, as through a balancer. */
  readonly webUrls: readonly string[];
  readonly event: EventDefinition;
  readonly random: Random;
  readonly ledger: Ledger;
  /** People who come each second. */
  readonly perSecond: number;
  /** People at the door at once above which no further ones come: the rush of this machine, not of the event. */
  readonly maxPresent?: number;
  /** How often somebody tries before giving up; default 12. */
  readonly maxAttempts?: number;
  readonly habits?: Habits | undefined;
  /** Of every address. */
  readonly prefix?: string;
}

export interface CrowdFigures {
  readonly people: number;
  readonly attempts: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly confirmed: number;
}

export interface Crowd {
  figures(): CrowdFigures;
  /** Nobody comes any more; settles when all who are at the door have gone. Calling it again waits for the same. */
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
  const { webUrls, event, random, ledger, perSecond, maxPresent = 400, maxAttempts = 12, prefix = "p" } = options;
  const { habits = usualHabits } = options;
  const door: FrontDoor = createFrontDoor();
  const people = createMadeUpPeople(event, random.fork("people"), prefix);
  const known: string[] = [];
  const counts = { people: 0, attempts: 0, accepted: 0, rejected: 0, unknown: 0, confirmed: 0 };
  const present = new Set<Promise<void>>();
  const began = performance.now();
  let leaving: Promise<CrowdFigures> | undefined;
  let missed = 0;

  async function attempt(submission: Submission, key: string): Promise<Reply> {
    const startedAt = Date.now();
    const reply = await door.post(random.pick(webUrls), submission, key);
    const stored = structuredClone(submission) as { email: string; name: string; answers?: Submission["answers"] };
    normalizeSubmission(stored, event);
    const outcome = outcomeOf(reply);
    const { email, name, answers = {} } = stored;
    const id = registrationId(key, email);
    const { status } = reply;
    ledger.record({ outcome, id, email, name, answers: { ...answers }, status, startedAt, endedAt: Date.now() });
    counts.attempts += 1;
    counts[outcome] += 1;
    return reply;
  }

  /** @returns the reply with the promise; undefined for whoever gave up or was rejected for good */
  async function submit(submission: Submission, key: string): Promise<Reply | undefined> {
    for (let attempts = 1; attempts <= maxAttempts; attempts += 1) {
      const reply = await attempt(submission, key);
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
      if ((await door.status(random.pick(webUrls), statusUrl)) === "confirmed") {
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

  async function visit(): Promise<void> {
    const key = random.hex(32);
    const what = habit();
    const submission = what === "again" && known.length > 0 ? people.again(random.pick(known)) : people.newcomer();
    if (what === "twice at once") {
      await Promise.all([submit(submission, key), submit(submission, key)]);
      return;
    }
    const reply = await submit(submission, key);
    remember(submission.email);
    if (reply && (what === "poll" || what === "change of mind")) {
      const confirmed = await watch(submission, key, reply);
      if (confirmed && what === "change of mind") await submit(people.again(submission.email), random.hex(32));
    }
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
    door.close();
    return { ...counts };
  }

  return {
    figures: () => ({ ...counts }),
    stop() {
      leaving ??= leave();
      return leaving;
    },
  };
}
