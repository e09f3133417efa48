/**
 * Counts the stored registrations whose answers do not fit an event file. It only reads: page by page, eventually
 * consistent, within a budget.
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Compile } from "typebox/compile";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { createReadBudget } from "../../shared/http/read-budget.ts";
import { createExpiredFields } from "../../shared/registration/answer-expiry.ts";
import { wordingOf, wordingsIn } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { isAsked } from "../../shared/registration/field-conditions.ts";
import { correctionSchema } from "../../shared/registration/submission-schema.ts";
import { onlyRegistrations } from "../../shared/registration/tombstone.ts";
import { fieldsOf, type AnyField, type ChangeKind, type EventChange } from "./event-changes.ts";

export type Answers = Readonly<Record<string, unknown>>;

export interface CountedChange extends EventChange {
  /** Stored registrations that it affects; null where nobody counted. */
  readonly stored: number | null;
}

export interface AnswerTally {
  /** @param answers of one stored registration */
  add(answers: Answers): void;
  /** Registrations so far. */
  readonly registrations: number;
  /** The changes with their counts, and what does not fit though no change explains it. */
  counted(): CountedChange[];
}

/** An answer of an earlier file: what is no option may be anything, so that only options of the old file are named. */
type Misfit = Pick<EventChange, "kind" | "field"> & { readonly option?: string };

function keyOf({ kind, field, option = "" }: Misfit): string {
  return JSON.stringify([kind, field, option]);
}

/** @returns a check of one answer by the rules of a submission, so that both agree whatever types there are */
function createFit(event: EventDefinition, index: number): (answer: unknown) => "fits" | "type" | "value" {
  const { required, when, ...field } = fieldsOf(event)[index] as AnyField;
  // Of a consent the wording is kept.
  if (field.type === "consent") return (answer) => (typeof answer === "string" ? "fits" : "type");
  const alone = { ...event, fields: [field] } as unknown as EventDefinition;
  const validator = Compile(correctionSchema(alone));
  return (answer) => {
    const content = { name: "x", answers: { [field.id]: answer } };
    if (validator.Check(content)) return "fits";
    return validator.Errors(content).some(({ keyword }) => keyword === "type") ? "type" : "value";
  };
}

function isEmpty(answer: unknown): boolean {
  return answer === undefined || answer === "" || answer === false || (Array.isArray(answer) && answer.length === 0);
}

/**
 * @param event the new file
 * @param changes as `eventChanges` found them; empty where the old file is not known
 * @param now milliseconds since the epoch: whether there are answers that have expired does not matter
 */
export function createAnswerTally(
  event: EventDefinition,
  changes: readonly EventChange[],
  now = Date.now(),
): AnswerTally {
  const expired = createExpiredFields(event)(now);
  const isChanged = ({ id }: AnyField, kind: ChangeKind) =>
    changes.some((change) => change.kind === kind && change.field === id);
  const fields = fieldsOf(event).map((field, index) => ({
    field,
    pointer: `/fields/${index}`,
    fit: createFit(event, index),
    wordings: new Set(wordingsIn(event, field.id)),
    isOfNewType: isChanged(field, "type-changed"),
    hasNewExpiry: isChanged(field, "expiry-changed"),
  }));
  const known = new Set(fields.map(({ field }) => field.id));
  const named = new Set(changes.map(keyOf));
  const counts = new Map<string, { misfit: Misfit; registrations: number }>();
  let registrations = 0;

  function answerMisfits({ field, fit, isOfNewType, wordings }: (typeof fields)[number], answer: unknown): Misfit[] {
    const is = (kind: ChangeKind): Misfit[] => [{ kind, field: field.id }];
    const result = fit(answer);
    if (result === "fits") {
      const isOther = field.type === "consent" && !wordings.has(wordingOf(answer) ?? String(answer));
      return isOther ? is("wording-changed") : [];
    }
    if (isOfNewType || result === "type") return is("type-changed");
    const { options } = field;
    if (options === undefined) return is("limit-narrowed");
    const chosen: unknown[] = Array.isArray(answer) ? answer : [answer];
    const gone = chosen.filter((option) => !options.includes(option as string));
    // Options that are all offered can still be too many.
    if (gone.length === 0) return is("limit-narrowed");
    return gone.map((option) => {
      const misfit = { kind: "option-removed", field: field.id, option: String(option) } as const;
      return named.has(keyOf(misfit)) ? misfit : { kind: "option-removed", field: field.id };
    });
  }

  function misfitsOf(answers: Answers): Misfit[] {
    const misfits: Misfit[] = [];
    for (const id of Object.keys(answers)) if (!known.has(id)) misfits.push({ kind: "field-removed", field: id });
    for (const one of fields) {
      const { id: field, required } = one.field;
      const answer = answers[field];
      // Also where the new time is over, and they would be deleted at once.
      if (answer !== undefined && one.hasNewExpiry) misfits.push({ kind: "expiry-changed", field });
      if (expired.has(field)) continue;
      const isKnown = !expired.has(one.field.when?.field ?? "");
      if (isKnown && !isAsked(one.field.when, answers)) {
        if (answer !== undefined) misfits.push({ kind: "asked-of-fewer", field });
      } else if (isKnown && required && isEmpty(answer)) misfits.push({ kind: "now-required", field });
      else if (answer !== undefined) misfits.push(...answerMisfits(one, answer));
    }
    return misfits;
  }

  function unexplained({ kind, field }: Misfit): EventChange {
    const pointer = fields.find((one) => one.field.id === field)?.pointer ?? "/fields";
    const what: Record<ChangeKind, string> = {
      "field-removed": `answers to ${field} are stored, a field that the file does not have`,
      "type-changed": "answers of another type are stored",
      "option-removed": "answers are stored that are none of its options",
      "limit-narrowed": "answers beyond its limits are stored",
      "now-required": "registrations are stored without this required answer",
      "asked-of-fewer": "answers are stored of some who are not asked",
      "wording-changed": "agreements to another wording are stored",
      "expiry-changed": "answers are stored that are deleted at another time than was said",
    };
    return { kind, field, pointer, detail: `${what[kind]}. An earlier file allowed them; they stay as they are.` };
  }

  return {
    add(answers) {
      registrations += 1;
      const found = new Map(misfitsOf(answers).map((misfit) => [keyOf(misfit), misfit]));
      for (const [key, misfit] of found) {
        const entry = counts.get(key) ?? { misfit, registrations: 0 };
        entry.registrations += 1;
        counts.set(key, entry);
      }
    },
    get registrations() {
      return registrations;
    },
    counted() {
      const explained = changes.map((change) => ({ ...change, stored: counts.get(keyOf(change))?.registrations ?? 0 }));
      const rest = [...counts].filter(([key]) => !named.has(key));
      return [
        ...explained,
        ...rest.map(([, { misfit, registrations: stored }]) => ({ ...unexplained(misfit), stored })),
      ];
    },
  };
}

export interface CountOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly tally: AnswerTally;
  /** Read capacity units per second. */
  readonly maxReadUnits: number;
  readonly signal: AbortSignal;
  readonly onProgress: (registrations: number) => void;
}

const segments = 4;

/** @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when DynamoDB does not answer or rejects the call */
export function countStoredAnswers(options: CountOptions): Promise<void> {
  const { documents, tableName, tally, maxReadUnits, signal, onProgress } = options;
  return scanTable({
    documents,
    tableName,
    segments,
    attributes: ["answers"],
    filter: onlyRegistrations,
    // Somebody registers meanwhile in any case.
    consistent: false,
    budget: createReadBudget(maxReadUnits, segments),
    signal,
    onPage(items) {
      for (const { answers } of items) tally.add((answers ?? {}) as Answers);
      onProgress(tally.registrations);
    },
  });
}
