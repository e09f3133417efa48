/**
 * The overview as its templates show it: every figure in words, with what it rests on. What is not known is a dash and the
 * reason, never a zero.
 */
import { formatSeconds } from "../terminal/duration.ts";
import type { Inspection } from "../admin/inspector/inspector.ts";
import type { TierState } from "../admin/inspector/tier-state.ts";
import type { DeadLetterGroup } from "../shared/dead-letters/groups.ts";
import { assess, type Assessment } from "./assessment.ts";
import { reasonWords } from "./reason-words.ts";
import type { Sight } from "./watch.ts";

export interface Figure {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  /** What the value rests on. */
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
  /** Whether any look has worked: before, there is nothing to show. */
  readonly known: boolean;
  /** ISO 8601. When the figures were true. */
  readonly at: string;
  readonly figures: readonly Figure[];
  /** Whether the figures are older than they should be. */
  readonly stale: boolean;
  readonly tiers: readonly TierView[];
  readonly groups: readonly GroupView[];
  /** Messages on the SQS dead-letter queue that are no records yet. */
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
      ? `in ${count(total)} messages, not all of which were written down when they were sent`
      : `in ${count(total)} ${total === 1 ? "message" : "messages"}, by what was written down when they were sent`,
  };
}

function storedIn({ queue }: Inspection): Pick<Figure, "value" | "note"> {
  const { drainPerSecond, etaSeconds, atLeast } = queue;
  if (queue.messages + queue.inFlight + queue.delayed === 0) return { value: "empty", note: "nothing is queued" };
  if (etaSeconds === null) return { value: dash, note: "not known while nobody is being stored" };
  const wait = formatSeconds(Math.max(1, etaSeconds));
  return {
    value: atLeast ? `≥ ${wait}` : wait,
    note: `the wait of whoever comes now, at ${count(drainPerSecond ?? 0)}/s by all workers`,
  };
}

function figuresOf(inspection: Inspection): Figure[] {
  const { queue, rates } = inspection;
  const { acceptedPerSecond, storedPerSecond, duplicatesPerSecond } = rates;
  const oldest = queue.oldestAgeSeconds;
  return [
    { id: "waiting", label: "Waiting", ...waiting(inspection) },
    { id: "empty-in", label: "Stored in", ...storedIn(inspection) },
    { id: "accepted", label: "Accepted", ...rate(acceptedPerSecond, "people who got a receipt") },
    { id: "stored", label: "Stored", ...rate(storedPerSecond, "people who reached the table") },
    {
      id: "oldest",
      label: "Longest wait",
      value: oldest === null ? dash : formatSeconds(oldest),
      note: oldest === null ? "not known while nobody is being stored" : "from the first acceptance, retries included",
    },
    { id: "in-flight", label: "In work", value: count(queue.inFlight), note: "messages that a worker holds" },
    { id: "delayed", label: "Delayed", value: count(queue.delayed), note: "messages to be received later" },
    { id: "duplicates", label: "Duplicates", ...rate(duplicatesPerSecond, "second tries of an address, dropped") },
  ];
}

const tierNames = { web: "Web tier", worker: "Worker tier" } as const;
const wellWords = {
  web: "takes registrations",
  worker: "stores registrations; its circuit breaker is closed",
} as const;

/** A worker that is unhealthy for another reason than its breaker polls no more. */
const silentPolling = /^queue: nothing was received/;

function tierWords({ tier, health, causes }: TierState): string {
  if (health === "ok") return wellWords[tier];
  if (health === "unreachable") return "does not answer";
  if (health === "unknown") return "cannot be asked from here";
  if (tier === "web") return "cannot put registrations on the queue";
  return causes.some((cause) => silentPolling.test(cause))
    ? "has stopped to receive"
    : "holds back: its circuit breaker is open, so that no message is spoilt";
}

/** @returns the groups with what their reason means in words */
export function toGroupViews(groups: readonly DeadLetterGroup[]): GroupView[] {
  return groups.map((group) => ({ ...group, title: reasonWords[group.reason].title }));
}

export function toOverview(sight: Sight): Overview {
  const { inspection } = sight;
  const open = (inspection?.deadLetterGroups ?? []).filter(
    ({ states }) => states.open + states.replayed + states.storing > 0,
  );
  return {
    assessment: assess(sight),
    known: inspection !== undefined,
    at: inspection?.queue.at ?? new Date(sight.at).toISOString(),
    figures: inspection ? figuresOf(inspection) : [],
    stale: sight.fault !== undefined,
    tiers: (sight.tiers ?? []).map((state) => ({
      name: tierNames[state.tier],
      health: state.health,
      words: tierWords(state),
      causes: state.causes,
    })),
    groups: toGroupViews(open),
    notCollected: inspection?.queue.deadLetters.notCollected ?? 0,
  };
}
