/** The queue at one moment, and from two moments its pace: what `turnout queue --json` prints. */
import { Type, type Static } from "typebox";
import { deadLetterReasons } from "../../shared/dead-letter.ts";
import type { QueueCounts } from "../queue-counts.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Maybe = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const QueueSnapshot = Type.Object(
  {
    messages: Count("waiting, as SQS counts them: approximately"),
    registrationsEstimate: Count("messages × registrations per pack of late; × 1 where that is not known"),
    inFlight: Count("messages that a worker holds"),
    delayed: Count("messages that cannot be received yet"),
    oldestAgeSeconds: Maybe("since the first acceptance of what is at the head of the queue; null where unknown"),
    drainPerSecond: Maybe("registrations fewer each second, arrivals subtracted; negative while it grows"),
    etaSeconds: Maybe("until the queue is empty at that pace; null while it does not shrink"),
    deadLetters: Type.Object({
      open: Count("records that nobody has dealt with"),
      byReason: Type.Object(
        Object.fromEntries(deadLetterReasons.map((reason) => [reason, Type.Optional(Count(`open, ${reason}`))])),
      ),
      notCollected: Count("messages on the SQS dead-letter queue that are no records yet"),
    }),
    at: Type.String({ description: "when it was looked at: ISO 8601, UTC" }),
  },
  { additionalProperties: false },
);

export type QueueSnapshot = Static<typeof QueueSnapshot>;

export interface QueueLook {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly queue: QueueCounts;
  /** Registrations per pack; null where unknown. */
  readonly meanPackSize: number | null;
}

/** Registrations that wait or are held, by estimate. */
function outstanding({ queue }: QueueLook, packSize: number): number {
  return (queue.waiting + queue.inFlight + queue.delayed) * packSize;
}

/** @returns what two looks say of the pace; nulls without an earlier one */
export function paceOf(
  now: QueueLook,
  before: QueueLook | undefined,
): { drainPerSecond: number | null; etaSeconds: number | null } {
  const packSize = now.meanPackSize ?? 1;
  const left = outstanding(now, packSize);
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1_000;
  // Both looks by the same pack size: else a better estimate would look like a drain.
  const drainPerSecond =
    before === undefined || seconds <= 0
      ? null
      : Math.round(((outstanding(before, packSize) - left) / seconds) * 10) / 10;
  if (left === 0) return { drainPerSecond, etaSeconds: 0 };
  return {
    drainPerSecond,
    etaSeconds: drainPerSecond !== null && drainPerSecond > 0 ? Math.round(left / drainPerSecond) : null,
  };
}
