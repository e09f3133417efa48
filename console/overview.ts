/**
 * The overview as its templates show it: every figure with its meaning. What is not known is shown as a dash with the reason,
 * never as zero.
 */
import { formatSeconds } from "../terminal/duration.ts";
import type { Inspection } from "../admin/inspector/inspector.ts";
import type { TierState } from "../admin/inspector/tier-state.ts";
import type { DeadLetterGroup } from "../shared/dead-letters/groups.ts";
import { assess, type Assessment } from "./assessment.ts";
import { reasonWords } from "./reason-words.ts";
import type { Snapshot } from "./watch.ts";

export interface Figure {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  /** What the value means. */
  readonly note: string;
}

export interface TierView {
  readonly name: string;
  readonly health: "ok" | "unhealthy" | "unreachable" | "unknown";
  readonly words: string;
  readonly causes: readonly string[];
}

export interface GroupView extends DeadLetterGroup {
  readonly title: string;
}

export interface Overview {
  readonly assessment: Assessment;
  /** Whether any poll has succeeded yet. */
  readonly known: boolean;
  /** ISO 8601. Time of the figures. */
  readonly at: string;
  readonly figures: readonly Figure[];
  /** Whether the figures are out of date. */
  readonly stale: boolean;
  readonly tiers: readonly TierView[];
  readonly groups: readonly GroupView[];
  /** Messages on the SQS dead-letter queue that are not records yet. */
  readonly notCollected: number;
}

const dash = "–";

function count(value: number): string {
  return value.toLocaleString("en");
}

function rate(value: number, what: string): Pick<Figure, "value" | "note"> {
  return { value: `${count(value)}/s`, note: what };
}

function waiting({ queue }: Inspection): Pick<Figure, "value" | "note"> {
  const total = queue.messages + queue.inFlight + queue.delayed;
  if (total === 0) return { value: "0 people", note: "0 messages" };
  const { registrationsEstimate: known, atLeast } = queue;
  return {
    value: `${atLeast ? "≥" : "≈"} ${count(known)} ${known === 1 ? "person" : "people"}`,
    note: atLeast
      ? `in ${count(total)} messages, some older than the recorded activity`
      : `in ${count(total)} ${total === 1 ? "message" : "messages"}, from the recorded activity`,
  };
}

function storedIn({ queue }: Inspection): Pick<Figure, "value" | "note"> {
  const { drainPerSecond, etaSeconds, atLeast } = queue;
  if (queue.messages + queue.inFlight + queue.delayed === 0) return { value: "empty", note: "the queue is empty" };
  if (etaSeconds === null) return { value: dash, note: "unknown while nobody is being stored" };
  const wait = formatSeconds(Math.max(1, etaSeconds));
  return {
    value: atLeast ? `≥ ${wait}` : wait,
    note: `wait of a new registration, at ${count(drainPerSecond ?? 0)}/s by all workers`,
  };
}

function figuresOf(inspection: Inspection): Figure[] {
  const { queue, rates } = inspection;
  const { acceptedPerSecond, storedPerSecond, duplicatesPerSecond } = rates;
  const oldest = queue.oldestAgeSeconds;
  return [
    { id: "waiting", label: "Waiting", ...waiting(inspection) },
    { id: "empty-in", label: "Stored in", ...storedIn(inspection) },
    { id: "accepted", label: "Accepted", ...rate(acceptedPerSecond, "registrations given a receipt") },
    { id: "stored", label: "Stored", ...rate(storedPerSecond, "registrations written to the table") },
    {
      id: "oldest",
      label: "Longest wait",
      value: oldest === null ? dash : formatSeconds(oldest),
      note: oldest === null ? "unknown while nobody is being stored" : "from the first acceptance, retries included",
    },
    { id: "in-flight", label: "In flight", value: count(queue.inFlight), note: "messages held by a worker" },
    { id: "delayed", label: "Delayed", value: count(queue.delayed), note: "messages to be received later" },
    { id: "duplicates", label: "Duplicates", ...rate(duplicatesPerSecond, "for an address already registered") },
  ];
}

const tierNames = { web: "Web tier", worker: "Worker tier" } as const;
const healthyWords = {
  web: "accepts registrations",
  worker: "stores registrations; circuit breaker closed",
} as const;

/** The cause reported by a worker that stopped polling, although its breaker is closed. */
const silentPolling = /^queue: nothing was received/;

function tierWords({ tier, health, causes }: TierState): string {
  if (health === "ok") return healthyWords[tier];
  if (health === "unreachable") return "does not answer";
  if (health === "unknown") return "cannot be reached from here";
  if (tier === "web") return "cannot put registrations on the queue";
  return causes.some((cause) => silentPolling.test(cause))
    ? "has stopped receiving"
    : "has paused: its circuit breaker is open, so that no message fails";
}

/** @returns the groups with a title for their reason */
function toGroupViews(groups: readonly DeadLetterGroup[]): GroupView[] {
  return groups.map((group) => ({ ...group, title: reasonWords[group.reason].title }));
}

export function toOverview(snapshot: Snapshot): Overview {
  const { inspection } = snapshot;
  const open = (inspection?.deadLetterGroups ?? []).filter(
    ({ states }) => states.open + states.replayed + states.storing > 0,
  );
  return {
    assessment: assess(snapshot),
    known: inspection !== undefined,
    at: inspection?.queue.at ?? new Date(snapshot.at).toISOString(),
    figures: inspection ? figuresOf(inspection) : [],
    stale: snapshot.failure !== undefined,
    tiers: (snapshot.tiers ?? []).map((state) => ({
      name: tierNames[state.tier],
      health: state.health,
      words: tierWords(state),
      causes: state.causes,
    })),
    groups: toGroupViews(open),
    notCollected: inspection?.queue.deadLetters.notCollected ?? 0,
  };
}
