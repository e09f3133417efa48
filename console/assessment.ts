/** What the figures mean, in a sentence for somebody who was just woken up: how it is, whether to worry, what to do. */
import { formatSeconds } from "../terminal/duration.ts";
import { explain } from "../terminal/exit.ts";
import type { Inspection } from "../admin/inspector/inspector.ts";
import type { TierState } from "../admin/inspector/tier-state.ts";
import type { Sight } from "./watch.ts";

export interface Assessment {
  /** From calm to urgent. */
  readonly level: "unknown" | "ok" | "busy" | "attention" | "trouble";
  readonly title: string;
  readonly text: string;
  /** What was said by whoever knows the cause, line by line. */
  readonly causes: readonly string[];
}

/** Beyond this a wait is no longer what people expect of a queue. */
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
  const line = queue.registrationsEstimate > 0 ? `${roughly(queue)} wait on the queue, where they are safe.` : "";
  return {
    level: "trouble",
    title: health === "unreachable" ? "The worker does not answer" : "The worker stores nobody right now",
    text: [
      "Nothing is lost: people can still register, and the worker goes on by itself once this is mended.",
      line,
    ].join(" "),
    causes,
  };
}

function ofWeb({ health, causes }: TierState): Assessment {
  return {
    level: "trouble",
    title: health === "unreachable" ? "The web tier does not answer" : "The web tier takes no registrations right now",
    text: "People are asked to try again, and their browsers do so by themselves. Whoever got a receipt is not affected.",
    causes,
  };
}

/** "About", or where older packs are not known any more, "at least". */
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
      title: grows ? "More people come than are stored" : "The queue is being worked off",
      text: `${waiting} wait; at this pace they are stored in ${formatSeconds(Math.max(1, eta))}.`,
      causes: [],
    };
  }
  if (oldest !== null && oldest > longWaitSeconds) {
    return {
      level: "attention",
      title: "People wait long, and nobody is being stored",
      text:
        `${waiting} wait, the first of them for ${formatSeconds(oldest)}. Nobody is lost. ` +
        "Look whether the worker tier has scaled out, and whether the table throttles.",
      causes: [],
    };
  }
  return {
    level: "busy",
    title: "People wait on the queue",
    text: `${waiting} wait; how long is not known while nobody is being stored. That is what the queue is for: everybody who got a receipt will be stored.`,
    causes: [],
  };
}

/** @returns what to say; a fault of the console's own sight first, since all else would be a guess then */
export function assess({ inspection, fault }: Sight): Assessment {
  if (fault) {
    return {
      level: "trouble",
      title: "The console cannot see the deployment",
      text: "The figures are those that it saw last. The tiers are asked all the same: what they say stands below.",
      causes: explain(fault.error).split("\n"),
    };
  }
  if (!inspection) return { level: "unknown", title: "Taking a first look …", text: "", causes: [] };
  const { queue, tiers } = inspection;
  const worker = tiers.find(({ tier }) => tier === "worker");
  const web = tiers.find(({ tier }) => tier === "web");
  if (worker && isDown(worker)) return ofWorker(worker, queue);
  if (web && isDown(web)) return ofWeb(web);
  const { open } = queue.deadLetters;
  if (open > 0) {
    return {
      level: "attention",
      title: open === 1 ? "1 registration needs somebody" : `${count(open)} registrations need somebody`,
      text:
        "They could not be stored as they are, and are kept. There is no hurry: look at them below, mend them and replay them." +
        (queue.registrationsEstimate > 0 ? ` ${roughly(queue)} wait on the queue.` : ""),
      causes: [],
    };
  }
  if (queue.messages + queue.inFlight + queue.delayed > 0) {
    return ofFlow(inspection);
  }
  return { level: "ok", title: "All is well", text: "Nobody waits, nothing failed.", causes: [] };
}
