/** What the figures mean, for an operator who was just woken up: what the state is, and what to do. */
import { formatSeconds } from "../terminal/duration.ts";
import { explain } from "../terminal/exit.ts";
import type { Inspection } from "../admin/inspector/inspector.ts";
import type { TierState } from "../admin/inspector/tier-state.ts";
import type { Snapshot } from "./watch.ts";

export interface Assessment {
  /** From calm to urgent. */
  readonly level: "unknown" | "ok" | "busy" | "attention" | "trouble";
  readonly title: string;
  /** A few words for a browser's tab. */
  readonly brief: string;
  readonly text: string;
  /** As the tiers or AWS report them. */
  readonly causes: readonly string[];
}

/** A longer wait is not what people expect of a queue. */
const longWaitSeconds = 900;

function count(value: number): string {
  return value.toLocaleString("en");
}

function people(value: number): string {
  return value === 1 ? "1 person" : `${count(value)} people`;
}

function isDown({ health }: TierState): boolean {
  return health === "unhealthy" || health === "unreachable";
}

function ofWorker({ health, causes }: TierState, queue: Inspection["queue"]): Assessment {
  const waiting = queue.registrationsEstimate > 0 ? `${roughly(queue)} are waiting safely on the queue.` : "";
  return {
    level: "trouble",
    title: health === "unreachable" ? "The worker does not answer" : "The worker is not storing registrations",
    brief: "Worker down",
    text: [
      "Nothing is lost: people can still register, and the worker continues by itself once the cause is fixed.",
      waiting,
    ].join(" "),
    causes,
  };
}

function ofWeb({ health, causes }: TierState): Assessment {
  return {
    level: "trouble",
    title: health === "unreachable" ? "The web tier does not answer" : "The web tier is not accepting registrations",
    brief: "Web tier down",
    text: "People are asked to try again, and their browsers retry by themselves. Those who have a receipt are not affected.",
    causes,
  };
}

/** "About"; "at least" when older packs are no longer known. */
function roughly({ registrationsEstimate, atLeast }: Inspection["queue"]): string {
  return `${atLeast ? "At least" : "About"} ${people(registrationsEstimate)}`;
}

function ofFlow({ queue, rates }: Inspection): Assessment {
  const { etaSeconds: eta, oldestAgeSeconds: oldest } = queue;
  const waiting = roughly(queue);
  if (eta !== null) {
    const grows = rates.acceptedPerSecond > (queue.drainPerSecond ?? 0);
    return {
      level: "busy",
      title: grows ? "People register faster than they are stored" : "The queue is draining",
      brief: `${count(queue.registrationsEstimate)} waiting`,
      text: `${waiting} are waiting; at the current rate they are stored in ${formatSeconds(Math.max(1, eta))}.`,
      causes: [],
    };
  }
  if (oldest !== null && oldest > longWaitSeconds) {
    return {
      level: "attention",
      title: "Long waits, and nobody is being stored",
      brief: `${count(queue.registrationsEstimate)} waiting too long`,
      text:
        `${waiting} are waiting, the first for ${formatSeconds(oldest)}. Nobody is lost. ` +
        "Check whether the worker tier has scaled out and whether the table throttles.",
      causes: [],
    };
  }
  return {
    level: "busy",
    title: "People are waiting on the queue",
    brief: `${count(queue.registrationsEstimate)} waiting`,
    text: `${waiting} are waiting; how long is unknown while nobody is being stored. Everybody who has a receipt will be stored.`,
    causes: [],
  };
}

/** @returns the assessment; first whether the console sees anything at all, because without that everything else is a guess */
export function assess({ inspection, failure }: Snapshot): Assessment {
  if (failure) {
    return {
      level: "trouble",
      title: "The console cannot reach the deployment",
      brief: "Deployment unreachable",
      text: "The figures are the last known ones. The tiers are still asked: see below for what they report.",
      causes: explain(failure.error).split("\n"),
    };
  }
  if (!inspection) return { level: "unknown", title: "Loading …", brief: "Loading", text: "", causes: [] };
  const { queue, tiers } = inspection;
  const worker = tiers.find(({ tier }) => tier === "worker");
  const web = tiers.find(({ tier }) => tier === "web");
  if (worker && isDown(worker)) return ofWorker(worker, queue);
  if (web && isDown(web)) return ofWeb(web);
  const { open } = queue.deadLetters;
  if (open > 0) {
    return {
      level: "attention",
      title: open === 1 ? "1 registration needs attention" : `${count(open)} registrations need attention`,
      brief: open === 1 ? "1 dead letter" : `${count(open)} dead letters`,
      text:
        "They could not be stored as they are, and are kept. There is no hurry: open them below, correct them and replay them." +
        (queue.registrationsEstimate > 0 ? ` ${roughly(queue)} are waiting on the queue.` : ""),
      causes: [],
    };
  }
  if (queue.messages + queue.inFlight + queue.delayed > 0) {
    return ofFlow(inspection);
  }
  return {
    level: "ok",
    title: "All is well",
    brief: "All is well",
    text: "Nobody is waiting, nothing has failed.",
    causes: [],
  };
}
