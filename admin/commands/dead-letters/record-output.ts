/** Dead letters in the JSON output of commands. */
import { Type, type Static } from "typebox";
import { deadLetterStates } from "../../../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons } from "../../../shared/dead-letters/dead-letter.ts";
import type { DeadLetterSummary } from "../../../shared/dead-letters/replay-records.ts";

export const DeadLetterLine = Type.Object(
  {
    id: Type.String(),
    state: Type.Enum([...deadLetterStates]),
    reason: Type.Enum([...deadLetterReasons]),
    detail: Type.String(),
    email: Type.Union([Type.String(), Type.Null()], { description: "null where none can be read" }),
    submittedAt: Type.Union([Type.String(), Type.Null()]),
    firstFailedAt: Type.String(),
    lastFailedAt: Type.String(),
    failures: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);

export type DeadLetterLine = Static<typeof DeadLetterLine>;

export function toLine(record: DeadLetterSummary): DeadLetterLine {
  const { id, state, reason, detail, registration, email, submittedAt, firstFailedAt, lastFailedAt, failures } = record;
  return {
    id,
    state,
    reason,
    detail,
    email: registration?.email ?? email ?? null,
    submittedAt: submittedAt ?? null,
    firstFailedAt,
    lastFailedAt,
    failures,
  };
}
