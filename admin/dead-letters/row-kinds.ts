/**
 * Groups dead letters that failed for the same reason. Two details are of one kind when they differ only in numbers and
 * identifiers: "has 401322 bytes" and "has 409871 bytes".
 */
import type { DeadLetterState } from "../../shared/dead-letters/dead-letter-record.ts";
import type { DeadLetterReason } from "../../shared/dead-letters/dead-letter.ts";
import type { DeadLetterRow } from "./row.ts";

export interface DeadLetterKind {
  readonly reason: DeadLetterReason;
  /** The detail that all have, or with `…` where they differ. */
  readonly detail: string;
  readonly count: number;
  readonly states: Readonly<Record<DeadLetterState, number>>;
  /** ISO 8601, UTC. */
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
}

export interface DeadLetterKinds {
  add(row: Pick<DeadLetterRow, "reason" | "detail" | "state" | "firstFailedAt" | "lastFailedAt">): void;
  /** @returns the kinds, those with most open ones first */
  kinds(): DeadLetterKind[];
}

const variable = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d[\d.,]*\d|\d/gi;

/** @returns the same text for details of one kind; for such a text, the text itself */
export function kindOf(detail: string): string {
  return detail.replace(variable, "…");
}

export function createKinds(): DeadLetterKinds {
  interface Counted {
    reason: DeadLetterReason;
    detail: string;
    count: number;
    states: Record<DeadLetterState, number>;
    firstFailedAt: string;
    lastFailedAt: string;
  }
  const known = new Map<string, Counted>();
  return {
    add({ reason, detail, state, firstFailedAt, lastFailedAt }) {
      const kind = kindOf(detail);
      const key = `${reason}\n${kind}`;
      let counted = known.get(key);
      if (counted === undefined) {
        const states = { open: 0, replayed: 0, storing: 0, resolved: 0, discarded: 0 };
        counted = { reason, detail, count: 0, states, firstFailedAt, lastFailedAt };
        known.set(key, counted);
      }
      counted.count += 1;
      counted.states[state] += 1;
      if (counted.detail !== detail) counted.detail = kind;
      if (firstFailedAt < counted.firstFailedAt) counted.firstFailedAt = firstFailedAt;
      if (lastFailedAt > counted.lastFailedAt) counted.lastFailedAt = lastFailedAt;
    },
    kinds: () => [...known.values()].toSorted((a, b) => b.states.open - a.states.open || b.count - a.count),
  };
}
