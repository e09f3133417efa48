/** Reads the dead letter named by an argument. */
import type { DeadLetterRecord } from "../../../shared/dead-letters/dead-letter-record.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import type { DeadLetterStore } from "../../../shared/dead-letters/dead-letter-store.ts";

/** @throws TURNOUT_DEAD_LETTER_UNKNOWN */
export async function requireDeadLetter(store: DeadLetterStore, id: string): Promise<DeadLetterRecord> {
  const record = await store.read(id);
  if (record !== undefined) return record;
  throw new TurnoutError(
    "TURNOUT_DEAD_LETTER_UNKNOWN",
    `There is no dead letter ${JSON.stringify(id)}. turnout dead-letters list shows those there are.`,
  );
}
