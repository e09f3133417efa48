/**
 * Answers that expire before their registration: a field's `expiresAt` in the event file. From that moment nobody is shown
 * them and nothing stores them any more; the worker's periodic task removes those that are stored.
 */
import type { EventDefinition, EventField } from "./event-definition.ts";

/** @returns the ids of the fields whose answers have expired. @param now milliseconds since the epoch */
export type ExpiredFields = (now: number) => ReadonlySet<string>;

const none: ReadonlySet<string> = new Set();

/** Where no event is known: nothing expires, whatever the time. */
export const nothingExpires = (): ReadonlySet<string> => none;

/** @returns the same set as long as it holds the same fields */
export function createExpiredFields(event: Pick<EventDefinition, "fields"> | undefined): ExpiredFields {
  const ends = (event?.fields ?? []).flatMap(({ id, expiresAt }) =>
    expiresAt === undefined ? [] : [{ id, at: Date.parse(expiresAt) }],
  );
  if (ends.length === 0) return nothingExpires;
  let known = none;
  return (now) => {
    const over = ends.filter(({ at }) => at <= now);
    const isKnown = over.length === known.size && over.every(({ id }) => known.has(id));
    if (!isKnown) known = new Set(over.map(({ id }) => id));
    return known;
  };
}

/** @returns the answers without the expired ones; the same object where there are none */
export function withoutExpired<Answers extends object>(answers: Answers, expired: ReadonlySet<string>): Answers {
  if (expired.size === 0 || !Object.keys(answers).some((id) => expired.has(id))) return answers;
  return Object.fromEntries(Object.entries(answers).filter(([id]) => !expired.has(id))) as Answers;
}

/** @returns what holds answers, without the expired ones; the same object where there are none */
export function withoutExpiredAnswers<Holder extends { readonly answers?: object }>(
  holder: Holder,
  expired: ReadonlySet<string>,
): Holder {
  if (expired.size === 0 || typeof holder.answers !== "object" || holder.answers === null) return holder;
  const answers = withoutExpired(holder.answers, expired);
  return answers === holder.answers ? holder : { ...holder, answers };
}

/** Its condition cannot be checked any more, so it may be answered and need not. */
function withoutCondition(field: EventField): EventField {
  const { when: _when, required: _required, ...rest } = field;
  return rest;
}

/**
 * For checking what is kept: an answer that has expired is neither missing nor demanded by another one.
 * @returns the event as if these fields had never been asked; the same object where there are none
 */
export function withoutExpiredFields(event: EventDefinition, expired: ReadonlySet<string>): EventDefinition {
  if (expired.size === 0) return event;
  const fields = event.fields
    .filter(({ id }) => !expired.has(id))
    .map((field) => (field.when && expired.has(field.when.field) ? withoutCondition(field) : field));
  return { ...event, fields };
}
