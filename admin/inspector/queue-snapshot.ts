/** The queue at one moment, as printed by `turnout queue --json`. */
import { Type, type Static } from "typebox";
import type { Backlog } from "../../shared/activity/estimate.ts";
import { deadLetterReasons } from "../../shared/dead-letters/dead-letter.ts";
import type { DeadLetterGroup } from "../../shared/dead-letters/groups.ts";
import type { QueueCounts } from "../../shared/aws/queue-counts.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Maybe = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const QueueSnapshot = Type.Object(
  {
    messages: Count("waiting, as SQS counts them: approximately"),
    registrationsEstimate: Count(
      "registrations in all messages, in flight and delayed ones too, by the activity table",
    ),
    atLeast: Type.Optional(
      Type.Literal(true, {
        description: "only there when the activity table knows of fewer packs: then there are at least so many",
      }),
    ),
    inFlight: Count("messages that a worker holds"),
    delayed: Count("messages that cannot be received yet"),
    oldestAgeSeconds: Maybe("since the first acceptance of what is at the head of the queue; null where unknown"),
    drainPerSecond: Maybe("registrations that all workers were done with each second of late"),
    etaSeconds: Maybe("until those who wait now are stored at that pace; null while nothing is drained"),
    deadLetters: Type.Object({
      open: Count("records that nobody has dealt with"),
      byReason: Type.Object(
        Object.fromEntries(deadLetterReasons.map((reason) => [reason, Type.Optional(Count(`open, ${reason}`))])),
      ),
      notCollected: Count("messages on the SQS dead-letter queue that are no records yet"),
    }),
    at: Type.String({ description: "time of the poll: ISO 8601, UTC" }),
  },
  { additionalProperties: false },
);

export type QueueSnapshot = Static<typeof QueueSnapshot>;

export interface QueueReading {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly queue: QueueCounts;
  readonly deadLetterQueue: QueueCounts;
  /** What the queue's messages mean. */
  readonly backlog: Backlog;
  readonly groups: readonly DeadLetterGroup[];
}

export function toQueueSnapshot({ at, queue, deadLetterQueue, backlog, groups }: QueueReading): QueueSnapshot {
  const open = groups.filter(({ states }) => states.open > 0);
  return {
    messages: queue.waiting,
    registrationsEstimate: backlog.people,
    ...(backlog.atLeast && { atLeast: true }),
    inFlight: queue.inFlight,
    delayed: queue.delayed,
    oldestAgeSeconds: backlog.oldestAgeSeconds,
    drainPerSecond: backlog.drainPerSecond,
    etaSeconds: backlog.etaSeconds,
    deadLetters: {
      open: open.reduce((total, { states }) => total + states.open, 0),
      byReason: Object.fromEntries(open.map(({ reason, states }) => [reason, states.open])),
      notCollected: deadLetterQueue.waiting + deadLetterQueue.inFlight,
    },
    at: new Date(at).toISOString(),
  };
}
