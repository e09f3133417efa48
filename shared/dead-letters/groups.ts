/** Dead letters grouped by reason: how many, in which state, since when. */
import { Type, type Static } from "typebox";
import type { DeadLetterState } from "./dead-letter-record.ts";
import { deadLetterReasons } from "./dead-letter.ts";
import type { DeadLetterSummary } from "./replay-records.ts";

const Count = Type.Integer({ minimum: 0 });

export const DeadLetterGroup = Type.Object(
  {
    reason: Type.Enum([...deadLetterReasons]),
    count: Type.Integer({ minimum: 1 }),
    states: Type.Object({ open: Count, replayed: Count, storing: Count, resolved: Count, discarded: Count }),
    firstFailedAt: Type.String({ description: "the earliest first failure: ISO 8601, UTC" }),
    lastFailedAt: Type.String({ description: "the latest failure: ISO 8601, UTC" }),
  },
  { additionalProperties: false },
);

export type DeadLetterGroup = Static<typeof DeadLetterGroup>;

export interface DeadLetterGroups {
  add(record: Pick<DeadLetterSummary, "reason" | "state" | "firstFailedAt" | "lastFailedAt">): void;
  /** @returns the groups, largest first */
  groups(): DeadLetterGroup[];
}

export function createDeadLetterGroups(): DeadLetterGroups {
  const byReason = new Map<string, DeadLetterGroup>();
  const noStates: Record<DeadLetterState, number> = { open: 0, replayed: 0, storing: 0, resolved: 0, discarded: 0 };
  return {
    add({ reason, state, firstFailedAt, lastFailedAt }) {
      const group = byReason.get(reason);
      if (group === undefined) {
        byReason.set(reason, { reason, count: 1, states: { ...noStates, [state]: 1 }, firstFailedAt, lastFailedAt });
        return;
      }
      group.count += 1;
      group.states[state] += 1;
      if (firstFailedAt < group.firstFailedAt) group.firstFailedAt = firstFailedAt;
      if (lastFailedAt > group.lastFailedAt) group.lastFailedAt = lastFailedAt;
    },
    groups: () => [...byReason.values()].toSorted((a, b) => b.count - a.count),
  };
}
