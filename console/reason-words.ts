/** What each reason of a dead letter means, and what usually helps, in plain words. */
import type { DeadLetterReason } from "../shared/dead-letters/dead-letter.ts";

interface ReasonWords {
  readonly title: string;
  readonly help: string;
}

export const reasonWords: Readonly<Record<DeadLetterReason, ReasonWords>> = {
  malformed: {
    title: "The message cannot be read",
    help: "It is not one of ours, or was cut short. Look at the raw message: mend what can be read and replay it, or discard it.",
  },
  "unsupported-version": {
    title: "Written by another version",
    help: "A newer or older web tier sent it. Bring the worker to the same version, then replay.",
  },
  "invalid-registration": {
    title: "Not a valid registration",
    help: "A field breaks a rule. Put it right, then replay.",
  },
  "item-too-large": {
    title: "Too large for the table",
    help: "Shorten a long answer, then replay.",
  },
  "rejected-by-table": {
    title: "The table refused it",
    help: "The detail says what was wrong with it. Mend that, then replay.",
  },
  "crash-loop": {
    title: "Received again and again",
    help: "The worker never finished with it; usually the worker was at fault. Once it is well, replay: one first, by itself.",
  },
};
