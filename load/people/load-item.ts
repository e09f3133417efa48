/** One request of a load, before it is sent. */
import type { Submission } from "../../shared/registration/submission-schema.ts";

export interface LoadItem {
  /** As somebody typed it. From a file it may be anything at all; whether it is valid is the front door's to say. */
  readonly submission: Submission;
  /** The same for each retry, and for both of a double click. */
  readonly idempotencyKey: string;
  readonly kind: "first registration" | "second registration" | "second click" | "row of a file";
  /** Where it stands in the file it comes from, from 1. */
  readonly line?: number;
}
