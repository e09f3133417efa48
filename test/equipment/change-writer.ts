/** The change writer as the worker makes it, on tables of a test. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { RegistrationWriter } from "../../worker/registration-writer.ts";
import { createChangeWriter, type ChangeWriter } from "../../worker/changes/change-writer.ts";
import { createRetryingCaller } from "../../worker/retrying-caller.ts";
import { createQuickBreaker } from "./quick-breaker.ts";

/** For a collector of dead letters among which there are no changes. */
export const withoutChanges = {
  changes: { writeAll: async () => [] },
  deadlineMs: 60_000,
  now: () => performance.now(),
} as const;

export interface TestTables {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly outcomesTable: string;
  readonly deadLettersTable: string;
  readonly writer: Pick<RegistrationWriter, "writeAll">;
}

export function createTestChangeWriter(
  tables: TestTables,
  {
    wallClock = Date.now,
    expired = (): ReadonlySet<string> => new Set(),
    onChange = (_kind: string, _result: string): void => {},
  } = {},
): ChangeWriter {
  const now = () => performance.now();
  const caller = () => createRetryingCaller(createQuickBreaker(now), { width: 8, now, throttlingJitter: () => 0.1 });
  return createChangeWriter({
    ...tables,
    callers: { registrations: caller(), outcomes: caller(), deadLetters: caller() },
    expired,
    wallClock,
    onChange,
  });
}
