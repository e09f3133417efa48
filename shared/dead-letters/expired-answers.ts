/**
 * Takes expired answers out of a dead letter: of its registration, its history and its body, as far as that is JSON. What
 * is not, such as half a message, stays as it came.
 */
import { withoutExpired, withoutExpiredAnswers } from "../registration/answer-expiry.ts";
import type { DeadLetterRecord, HistoryEntry } from "./dead-letter-record.ts";

type Held = Pick<DeadLetterRecord, "registration" | "history" | "body">;

const answerPrefix = "answers.";

/** @returns the body without answers of these fields, wherever they are in it; the same text where there are none */
export function bodyWithoutExpired(body: string, expired: ReadonlySet<string>): string {
  if (expired.size === 0) return body;
  let isChanged = false;
  try {
    const value: unknown = JSON.parse(body, (name, inner: unknown) => {
      if (name !== "answers" || typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
      const answers = withoutExpired(inner, expired);
      isChanged ||= answers !== inner;
      return answers;
    });
    return isChanged ? JSON.stringify(value) : body;
  } catch {
    // No JSON, or nested too deeply to be read or written so.
    return body;
  }
}

function entryWithoutExpired(entry: HistoryEntry, expired: ReadonlySet<string>): HistoryEntry {
  const { changes } = entry;
  if (changes === undefined) return entry;
  const kept = Object.entries(changes).filter(
    ([field]) => !(field.startsWith(answerPrefix) && expired.has(field.slice(answerPrefix.length))),
  );
  return kept.length === Object.keys(changes).length ? entry : { ...entry, changes: Object.fromEntries(kept) };
}

/** @returns the record without answers of these fields, its history as long as before; the same object where there are none */
export function recordWithoutExpired<Record extends Held>(record: Record, expired: ReadonlySet<string>): Record {
  if (expired.size === 0) return record;
  const registration = record.registration && withoutExpiredAnswers(record.registration, expired);
  const body = record.body === undefined ? undefined : bodyWithoutExpired(record.body, expired);
  const history = record.history.map((entry) => entryWithoutExpired(entry, expired));
  const isSame =
    registration === record.registration &&
    body === record.body &&
    history.every((entry, index) => entry === record.history[index]);
  if (isSame) return record;
  return { ...record, ...(registration && { registration }), ...(body !== undefined && { body }), history };
}
