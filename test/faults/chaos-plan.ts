/**
 * The plan of a round: who is killed when, at which moment of the work, and which faults lie on the way to SQS and DynamoDB
 * meanwhile. A plan follows from its random source alone, before anything is started.
 */
import type { MailTrouble } from "./cell-mail.ts";
import type { CellResources } from "./cell-resources.ts";
import {
  accessDenied,
  internalError,
  missingQueue,
  missingTable,
  serviceUnavailable,
  throttling,
  type Fault,
  type FaultTarget,
} from "./fault.ts";
import type { Point } from "./fault-proxy.ts";
import type { Random } from "./random.ts";
import type { TierName } from "./tier-process.ts";

/** A moment of a tier's work at which it can be killed, as the proxy sees it. */
export interface Moment {
  readonly name: string;
  readonly tier: TierName;
  readonly engine: Engine;
  readonly action: string;
  readonly point: Point;
  /** Only calls about this one; default: about any. */
  readonly resource?: keyof CellResources;
  /** Only calls whose body holds this text. */
  readonly holds?: string;
}

export type Engine = "sqs" | "dynamodb";

const mailPack = { tier: "worker", engine: "sqs", action: "SendMessage", resource: "mailQueueUrl" } as const;
const mailRecord = {
  tier: "worker",
  engine: "dynamodb",
  action: "BatchExecuteStatement",
  resource: "mailsTable",
  // An insert of a claim has none.
  holds: "'outcome'",
} as const;

/** The moments at which mails are on their way: only where mail is on. */
const mailMoments: readonly Moment[] = [
  { ...mailPack, name: "before a mail pack is queued", point: "request" },
  { ...mailPack, name: "after a mail pack is queued", point: "answer" },
  { ...mailRecord, name: "between a mail and its record", point: "request" },
  { ...mailRecord, name: "after a mail's record", point: "answer" },
];

export type PlannedEvent =
  | { readonly what: "kill"; readonly atMs: number; readonly tier: TierName; readonly moment?: Moment }
  | { readonly what: "terminate"; readonly atMs: number; readonly tier: TierName }
  | {
      readonly what: "fault";
      readonly atMs: number;
      readonly forMs: number;
      readonly engine: Engine;
      readonly fault: Fault & FaultTarget;
    }
  | { readonly what: "mail trouble"; readonly atMs: number; readonly forMs: number; readonly mode: MailTrouble };

const change = { tier: "worker", engine: "dynamodb", resource: "registrationsTable" } as const;

export const moments: readonly Moment[] = [
  { name: "before the send", tier: "web", engine: "sqs", action: "SendMessage", point: "request" },
  { name: "after the send", tier: "web", engine: "sqs", action: "SendMessage", point: "answer" },
  { name: "after the receive", tier: "worker", engine: "sqs", action: "ReceiveMessage", point: "answer" },
  { name: "before the write", tier: "worker", engine: "dynamodb", action: "BatchExecuteStatement", point: "request" },
  { name: "after the write", tier: "worker", engine: "dynamodb", action: "BatchExecuteStatement", point: "answer" },
  { name: "before the delete", tier: "worker", engine: "sqs", action: "DeleteMessageBatch", point: "request" },
  { name: "after the delete", tier: "worker", engine: "sqs", action: "DeleteMessageBatch", point: "answer" },
  { ...change, name: "before a correction", action: "UpdateItem", point: "request" },
  { ...change, name: "after a correction", action: "UpdateItem", point: "answer" },
  { ...change, name: "after a withdrawal's tombstone", action: "PutItem", point: "answer" },
];

type FaultMaker = (random: Random) => Fault & FaultTarget;

const breaking: readonly FaultMaker[] = [
  () => ({ kind: "cut" }),
  () => ({ kind: "lost-answer" }),
  () => ({ kind: "black-hole" }),
  () => ({ kind: "withheld-answer" }),
  (random) => ({ kind: "delay", ms: Math.round(random.between(50, 2_500)) }),
  () => internalError,
  () => serviceUnavailable,
  () => throttling,
];

function on(actions: readonly string[], makers: readonly FaultMaker[]): FaultMaker[] {
  return makers.map((maker) => (random) => ({ ...maker(random), actions }));
}

function entryShare(random: Random): number {
  return random.between(0.1, 1);
}

const menu: Readonly<Record<Engine, readonly FaultMaker[]>> = {
  sqs: [
    ...on(
      ["SendMessage"],
      [...breaking, () => ({ kind: "wrong-md5" }), () => accessDenied("sqs:SendMessage", "queue")],
    ),
    ...on(
      ["ReceiveMessage"],
      [
        ...breaking,
        () => missingQueue,
        (random) => ({ kind: "duplicate-delivery", entryShare: entryShare(random) }),
        (random) => ({ kind: "duplicate-delivery", entryShare: entryShare(random) }),
        (random) => ({ kind: "reordered-delivery", entryShare: entryShare(random) }),
        (random) => ({ kind: "reordered-delivery", entryShare: entryShare(random) }),
      ],
    ),
    ...on(
      ["DeleteMessageBatch", "ChangeMessageVisibilityBatch"],
      [
        ...breaking,
        (random) => ({ kind: "failed-entries", entryShare: entryShare(random) }),
        (random) => ({ kind: "failed-entries", entryShare: entryShare(random) }),
      ],
    ),
    () => ({ kind: "cut" }),
    () => accessDenied("sqs:ReceiveMessage", "queue"),
  ],
  dynamodb: [
    ...on(
      ["BatchExecuteStatement"],
      [
        ...breaking,
        () => missingTable,
        () => accessDenied("dynamodb:PartiQLInsert", "table"),
        ...["ThrottlingError", "ProvisionedThroughputExceeded", "InternalServerError", "AccessDenied"].flatMap(
          (code): FaultMaker[] => [
            (random) => ({ kind: "failed-statements", entryShare: entryShare(random), code }),
            (random) => ({ kind: "failed-statements", entryShare: entryShare(random), code, done: true }),
          ],
        ),
      ],
    ),
    ...on(["BatchGetItem"], breaking),
    ...on(["PutItem", "UpdateItem"], breaking),
    ...on(["GetItem"], breaking),
    () => ({ kind: "cut" }),
    () => ({ kind: "cut" }),
  ],
};

const mailTroubles: readonly MailTrouble[] = ["throttle", "paused", "suspended", "error", "down"];

export interface ChaosRates {
  /** Seconds between two kills of any tier, on average. */
  readonly killEverySeconds: number;
  /** Seconds between two SIGTERM to any tier, on average. */
  readonly terminateEverySeconds: number;
  /** Seconds that a fault lasts at most; at least a quarter of it. */
  readonly longestFaultSeconds: number;
  /** Whether the cell sends mails; default false. */
  readonly mail?: boolean;
}

export const defaultRates: ChaosRates = { killEverySeconds: 4, terminateEverySeconds: 10, longestFaultSeconds: 8 };

/** @returns instants up to the end, with half to one and a half of the mean between them */
function* instants(random: Random, everyMs: number, endMs: number): Generator<number> {
  let atMs = everyMs * random.between(0.2, 1);
  while (atMs < endMs) {
    yield Math.round(atMs);
    atMs += everyMs * random.between(0.5, 1.5);
  }
}

/** @returns the events of so many seconds, in their order */
export function planChaos(random: Random, seconds: number, rates: ChaosRates = defaultRates): PlannedEvent[] {
  const endMs = seconds * 1_000;
  const events: PlannedEvent[] = [];
  const tierNames: readonly TierName[] = ["web", "worker"];

  const usable = rates.mail ? [...moments, ...mailMoments] : moments;
  const kills = random.fork("kills");
  for (const atMs of instants(kills, rates.killEverySeconds * 1_000, endMs)) {
    const moment = kills.chance(0.6) ? kills.pick(usable) : undefined;
    events.push({ what: "kill", atMs, tier: moment?.tier ?? kills.pick(tierNames), ...(moment && { moment }) });
  }
  const terminations = random.fork("terminations");
  for (const atMs of instants(terminations, rates.terminateEverySeconds * 1_000, endMs)) {
    events.push({ what: "terminate", atMs, tier: terminations.pick(tierNames) });
  }
  for (const engine of ["sqs", "dynamodb"] as const) {
    const faults = random.fork(`faults of ${engine}`);
    const longestMs = rates.longestFaultSeconds * 1_000;
    let atMs = faults.between(0, longestMs / 2);
    while (atMs < endMs) {
      const forMs = Math.round(faults.between(longestMs / 4, longestMs));
      const fault = { ...faults.pick(menu[engine])(faults), share: faults.pick([0.05, 0.2, 0.5, 1]) };
      events.push({ what: "fault", atMs: Math.round(atMs), forMs, engine, fault });
      // Some follow at once, some after a calm.
      atMs += forMs + faults.pick([0, 0.2, 0.5]) * longestMs;
    }
  }
  if (rates.mail) {
    const troubles = random.fork("mail troubles");
    for (const atMs of instants(troubles, rates.longestFaultSeconds * 2_000, endMs)) {
      const forMs = Math.round(troubles.between(0.25, 1) * rates.longestFaultSeconds * 1_000);
      events.push({ what: "mail trouble", atMs, forMs, mode: troubles.pick(mailTroubles) });
    }
  }
  return events.toSorted((left, right) => left.atMs - right.atMs);
}
