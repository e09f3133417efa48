/**
 * The attendee's pages of one event, in every language: what a browser is shown, as bytes or text. Which of them a request
 * gets, with which status and headers, is decided in `web/routes/`; not here.
 */
import type { Fault } from "../../shared/errors.ts";
import type { EventDefinition, EventPhase } from "../../shared/event-definition.ts";
import type { Language } from "./language.ts";
import type { Representation } from "./representation.ts";

export type { Language } from "./language.ts";
export type { Representation } from "./representation.ts";

export interface StatusView {
  readonly status: "pending" | "confirmed" | "needs-attention";
  /** ISO 8601. */
  readonly submittedAt: string;
  /** When to ask again; while pending. */
  readonly retryAfterSeconds?: number;
  /** How long the line in front is expected to take; while pending and known. */
  readonly estimatedWaitSeconds?: number;
}

export interface RefusedForm {
  /** The submission as it was understood, of whatever shape it came in. */
  readonly values: unknown;
  /** What is wrong with it, by JSON pointer; empty when nothing is. */
  readonly faults: readonly Fault[];
  /** `busy`: nothing is wrong with it, it could just not be accepted at this moment. */
  readonly notice?: "busy";
}

export interface ProblemView {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
}

export interface Pages {
  /** The event page in its phase: the same for everybody, so made and compressed once. */
  event(language: Language, phase: EventPhase): Representation;
  /** The event page again after a form post that was refused: entries kept, errors tied to their fields. */
  eventAgain(language: Language, given: RefusedForm): string;
  /** @param statusUrl the page's own address, to be kept by the attendee */
  status(language: Language, view: StatusView, statusUrl: string): string;
  /** A plain page for an error that a browser meets. */
  problem(language: Language, problem: ProblemView): string;
  /** @param name what follows `/assets/` in an address */
  asset(name: string): Representation | undefined;
}

export function createPages(_event: EventDefinition): Pages {
  throw new Error("under construction");
}
