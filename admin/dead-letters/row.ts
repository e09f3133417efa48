/** A dead letter as lists show it: small enough that a console can hold all of them. */
import type { DeadLetterState } from "../../shared/dead-letters/dead-letter-record.ts";
import type { DeadLetterReason } from "../../shared/dead-letters/dead-letter.ts";
import type { DeadLetterSummary, shownAttributes } from "../../shared/dead-letters/replay-records.ts";
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { inBatches } from "../../shared/dead-letters/key-reader.ts";
import { addressIn } from "./readable-address.ts";

export interface DeadLetterRow {
  readonly id: string;
  readonly state: DeadLetterState;
  readonly reason: DeadLetterReason;
  /** The error in words, without attendee data. */
  readonly detail: string;
  /** What can be read of the address, valid or not. */
  readonly address: string | undefined;
  readonly name: string | undefined;
  /** ISO 8601, UTC, as all times. */
  readonly submittedAt: string | undefined;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly failures: number;
  /** Length of its history: another one means another version. */
  readonly version: number;
}

type ReadForRow = Pick<DeadLetterSummary, (typeof shownAttributes)[number]>;

/** @param body if it was read, for the address */
export function toRow(record: ReadForRow, body?: string): DeadLetterRow {
  const { id, state, reason, detail, registration, email, submittedAt } = record;
  const { firstFailedAt, lastFailedAt, failures, history } = record;
  return {
    id,
    state,
    reason,
    detail,
    address: registration?.email ?? email ?? (body === undefined ? undefined : addressIn(body)),
    name: registration?.name,
    submittedAt,
    firstFailedAt,
    lastFailedAt,
    failures,
    version: history.length,
  };
}

/** Bodies read at a time, at most 100 in a call. */
const callsAtOnce = 2;

/**
 * Finds the addresses of rows without one in their bodies.
 * @returns the addresses by id; rows in whose bodies there is none are left out
 */
export async function readAddresses(
  store: Pick<DeadLetterStore, "readWhole">,
  rows: readonly DeadLetterRow[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const unknown = rows.filter(({ address }) => address === undefined).map(({ id }) => id);
  await inBatches(unknown, callsAtOnce, async (batch) => {
    for (const [id, { body }] of await store.readWhole(batch, signal)) {
      const address = body === undefined ? undefined : addressIn(body);
      if (address !== undefined) found.set(id, address);
    }
  });
  return found;
}
