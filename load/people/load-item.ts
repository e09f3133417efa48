/** One request of a load, to be sent. */
import type { Language } from "../../shared/page/language.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";

export interface LoadItem {
  /** As somebody typed it; from a file it may be anything, also invalid. */
  readonly submission: Submission;
  /** The same for each retry, and for both requests of a double click. */
  readonly idempotencyKey: string;
  readonly kind: "first registration" | "second registration" | "second click" | "row of a file";
  /** Which one is asked for. Default: none, and the event's own counts. */
  readonly language?: Language;
  /** Line of the file, from 1. */
  readonly line?: number;
}
