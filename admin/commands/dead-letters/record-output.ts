/** Dead letters in the JSON output of commands. */
import { Type, type Static } from "typebox";
import { deadLetterStates } from "../../../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons } from "../../../shared/dead-letters/dead-letter.ts";
import { toRow, type DeadLetterRow } from "../../dead-letters/row.ts";

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

/** @param body if it was read, for the address */
export function toLine(record: Parameters<typeof toRow>[0], body?: string): DeadLetterLine {
  return rowLine(toRow(record, body));
}

export function rowLine(row: DeadLetterRow): DeadLetterLine {
  const { id, state, reason, detail, address, submittedAt, firstFailedAt, lastFailedAt, failures } = row;
  return {
    id,
    state,
    reason,
    detail,
    email: address ?? null,
    submittedAt: submittedAt ?? null,
    firstFailedAt,
    lastFailedAt,
    failures,
  };
}
