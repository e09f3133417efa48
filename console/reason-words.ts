/** What each reason of a dead letter means, and what usually helps. */
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";

interface ReasonWords {
  readonly title: string;
  readonly help: string;
}

export const reasonWords: Readonly<Record<DeadLetterReason, ReasonWords>> = {
  malformed: {
    title: "The message cannot be read",
    help: "Turnout did not send it, or it was cut off. Check the original message: correct and replay it if you can read it, or discard it.",
  },
  "unsupported-version": {
    title: "Written by another version",
    help: "A newer or older web tier sent it. Deploy the same version of the worker, then replay.",
  },
  "invalid-registration": {
    title: "Not a valid registration",
    help: "A field breaks a rule. Correct it, then replay.",
  },
  "item-too-large": {
    title: "Too large for the table",
    help: "Shorten a long answer, then replay.",
  },
  "rejected-by-table": {
    title: "Rejected by the table",
    help: "The detail says why. Correct it, then replay.",
  },
  "crash-loop": {
    title: "Received repeatedly",
    help: "The worker never finished it; usually the worker was the cause. Once it is healthy, replay a single one first.",
  },
};
