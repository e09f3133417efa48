/**
 * A round: a crowd at the web tier, chaos behind it, then calm, the drain and the audit. It says what happened in
 * figures, and whether every promise was kept.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import { openLedger } from "../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { audit } from "./audit.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";
import type { Cell, Engines } from "./cell.ts";
import { defaultRates, planChaos, type PlannedEvent } from "./chaos-plan.ts";
import { unleash, type ChaosFigures } from "./chaos.ts";
import type { ChangeShares } from "./changes.ts";
import { startCrowd, type CrowdFigures, type Habits } from "./crowd.ts";
import type { FaultKind } from "./fault.ts";
import { createPoison } from "./poison.ts";
import { createRandom } from "./random.ts";

export interface RoundOptions {
  readonly engines: Engines;
  readonly seed: string;
  /** How long people come and faults happen. */
  readonly seconds: number;
  /** People who come each second. */
  readonly perSecond: number;
  /** File in which the ledger is written. */
  readonly ledger: string;
  /** What is done to the cell meanwhile; default: a plan that follows from the seed. */
  readonly plan?: readonly PlannedEvent[];
  readonly habits?: Habits;
  /** How many correct and withdraw; default: as `changes.ts` says. */
  readonly changeShares?: ChangeShares;
  readonly webs?: number;
  readonly workers?: number;
  /** Whether the workers send mails; default true. */
  readonly mail?: boolean;
  /** How long the audit waits for the queues; default: five minutes. */
  readonly drainTimeoutSeconds?: number;
  /** How long the audit waits for queued mails; default: long enough for the leases of killed workers. */
  readonly mailsTimeoutSeconds?: number;
  /** Another program in the place of `worker/main.ts`, by its path in this folder. */
  readonly workerProgram?: string;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly step: "crowd" | "drain";
  readonly seconds: number;
  readonly crowd: CrowdFigures;
  /** Messages on the registrations queue, in flight or not. */
  readonly messages: number;
}

export interface RoundReport {
  readonly seed: string;
  readonly seconds: number;
  readonly webs: number;
  readonly workers: number;
  readonly crowd: CrowdFigures;
  readonly chaos: ChaosFigures;
  /** Calls that were spoilt, by kind of fault. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly poison: { readonly put: number; readonly deadLettered: number };
  /** Deliveries of a message beyond its first. */
  readonly redeliveries: number;
  /** Addresses that were written more than once, seen on the wire. */
  readonly writtenTwice: number;
  readonly mails: MailFigures;
  readonly audit: AuditReport;
  /** Everything that must be 0 is 0, and all poison, and nothing else, became dead letters. */
  readonly clean: boolean;
}

export interface MailFigures {
  /** Mails of all kinds that SES took. */
  readonly taken: number;
  /** Mails that SES took again, since a kill came before their record. */
  readonly repeated: number;
}

/** Mails of one bulk call. */
const mostMailsRepeated = 50;
/** Short, so that what a killed worker held comes again soon. */
const visibilityTimeoutSeconds = 5;
/**
 * The most that SQS allows. Each kill costs whatever the worker held a receive: with several kills a minute for as long as
 * a round lasts, a lower count would be a verdict on the round and not on the messages.
 */
const maxReceiveCount = 1_000;
const defaultDrainTimeoutSeconds = 300;
const defaultMailsTimeoutSeconds = 900;
/**
 * Every other web instance is behind: what is corrected there after a correction elsewhere is later nonetheless. Within
 * what AWS takes, and not ahead: what is submitted must not be later than what is stored.
 */
const slowClock = {
  program: join("variants", "skewed-clock.ts"),
  environment: { CLOCK_SKEW_MINUTES: "-3", TIER: "web" },
};
const poisonPerSecond = 2;
const progressEveryMs = 5_000;
const event = loadEvent(join(import.meta.dirname, "..", "..", "event.json"));

export async function runRound(options: RoundOptions): Promise<RoundReport> {
  const { engines, seed, seconds, perSecond, webs = 2, workers = 2, mail = true } = options;
  const { mailsTimeoutSeconds = defaultMailsTimeoutSeconds, drainTimeoutSeconds = defaultDrainTimeoutSeconds } =
    options;
  const random = createRandom(seed);
  const cell = await engines.createCell({
    visibilityTimeoutSeconds,
    maxReceiveCount,
    mail,
    seed,
    // Empty means the default: here the web tier sheds as it does in production.
    environment: { LOG_LEVEL: "warn", MAX_EVENT_LOOP_DELAY_MS: "", MAX_WAIT_MS: "", SHED_WAIT_MS: "" },
  });
  try {
    const started = [
      ...Array.from({ length: webs }, (_, index) =>
        cell.startTier("web", { name: `web-${index + 1}`, ...(index % 2 === 1 && slowClock) }),
      ),
      ...Array.from({ length: workers }, (_, index) =>
        cell.startTier("worker", {
          name: `worker-${index + 1}`,
          ...(options.workerProgram !== undefined && { program: options.workerProgram }),
        }),
      ),
    ];
    const tiers = await Promise.all(started);
    const ledger = openLedger(options.ledger, await readStackIdentity(cell.sqs, cell.queueUrl));
    const began = performance.now();
    const crowd = startCrowd({
      webUrls: tiers.filter(({ tier }) => tier === "web").map(({ url }) => url),
      event,
      random: random.fork("crowd"),
      ledger,
      perSecond,
      habits: options.habits,
      receipts: cell.receipts,
      changeShares: options.changeShares,
    });
    const poison = createPoison(Math.floor(seconds * poisonPerSecond), `poison-${seed}`);
    let poisoned = 0;
    const poisoning = setInterval(() => {
      const next = poison[poisoned];
      if (!next) return clearInterval(poisoning);
      poisoned += 1;
      void cell.put([next.body]);
    }, 1_000 / poisonPerSecond);

    let step: Progress["step"] = "crowd";
    const reporting = setInterval(() => {
      void cell.counts().then(({ waiting, inFlight }) =>
        options.onProgress?.({
          step,
          seconds: (performance.now() - began) / 1_000,
          crowd: crowd.figures(),
          messages: waiting + inFlight,
        }),
      );
    }, progressEveryMs);

    try {
      const plan = options.plan ?? planChaos(random, seconds, { ...defaultRates, mail });
      const [chaos] = await Promise.all([unleash(cell, plan, random.fork("victims")), delay(seconds * 1_000)]);
      cell.heal();
      clearInterval(poisoning);
      const crowdFigures = await crowd.stop();
      ledger.close();
      step = "drain";
      const verdict = await audit(cell, options.ledger, drainTimeoutSeconds, mailsTimeoutSeconds);
      const reasons = new Map((await cell.deadLetters()).map(({ id, reason }) => [id, reason]));
      const deadLettered = poison.slice(0, poisoned).filter(({ id, reason }) => reasons.get(id) === reason).length;
      const writtenTwice = cell.effects.writtenTwice().length;
      const mails = await mailFigures(cell);
      // A kill between a call and its records repeats that call, and no more.
      const repeatsAllowed = chaos.kills * mostMailsRepeated;
      const onlyPoison = deadLettered === poisoned && reasons.size === poisoned;
      return {
        seed,
        seconds: Math.round((performance.now() - began) / 1_000),
        webs,
        workers,
        crowd: crowdFigures,
        chaos,
        faults: sum(cell.sqsProxy.faults, cell.dynamoDbProxy.faults),
        poison: { put: poisoned, deadLettered },
        redeliveries: cell.effects.redeliveries(),
        writtenTwice,
        mails,
        audit: verdict,
        clean:
          verdict.passed &&
          writtenTwice === 0 &&
          onlyPoison &&
          crowdFigures.notLater === 0 &&
          verdict.mailsQueued === 0 &&
          mails.repeated <= repeatsAllowed,
      };
    } finally {
      clearInterval(reporting);
      clearInterval(poisoning);
    }
  } finally {
    await cell.close();
  }
}

async function mailFigures({ mail, documents, mailsTable }: Cell): Promise<MailFigures> {
  const taken = mail?.taken() ?? 0;
  let recorded = 0;
  await scanTable({
    documents,
    tableName: mailsTable,
    segments: 1,
    attributes: ["outcome"],
    signal: new AbortController().signal,
    onPage(items) {
      recorded += items.filter(({ outcome }) => outcome === "sent").length;
    },
  });
  return { taken, repeated: taken - recorded };
}

function sum<K extends string>(...all: readonly Partial<Record<K, number>>[]): Partial<Record<K, number>> {
  const total: Partial<Record<K, number>> = {};
  for (const one of all) {
    for (const [kind, count] of Object.entries(one) as [K, number][]) total[kind] = (total[kind] ?? 0) + count;
  }
  return total;
}
