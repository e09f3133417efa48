/**
 * The periodic task `remove-expired-answers`: removes answers whose field's `expiresAt` has passed from registrations and
 * dead letters. Nobody is shown them since that moment; this is when they are gone.
 *
 *     registrations  REMOVE of these answers alone, on the condition that it is still the same registration: a correction
 *                    before or after it keeps its other answers, a withdrawal keeps its tombstone
 *     dead letters   on the condition that it is unchanged since it was read and is not being replayed; otherwise the
 *                    next pass does it. With an entry in its history, so that an edit begun before is refused.
 *
 * A pass reads both tables once, segment by segment of a parallel scan, and takes as many bounded runs as it needs: how
 * far it came is kept in the activity table, as a number, for a scan's key is an address. The next pass begins a day after
 * it, and finds what was stored late. Repeating a run, or two at once, is harmless.
 */
import { BatchGetCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isConditionFailure } from "../shared/aws/condition-failure.ts";
import { scanTable, type ScanFilter } from "../shared/aws/table-scan.ts";
import type { DeadLetterRecord, HistoryEntry } from "../shared/dead-letters/dead-letter-record.ts";
import { recordWithoutExpired } from "../shared/dead-letters/expired-answers.ts";
import { changeUnclaimed } from "../shared/dead-letters/record-change.ts";
import { createReadBudget } from "../shared/http/read-budget.ts";
import type { Logger } from "../shared/process/logger.ts";
import { Counter, type Registry } from "../shared/process/metrics.ts";
import type { ExpiredFields } from "../shared/registration/answer-expiry.ts";

export interface ExpiredAnswersRun {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Whose answers have expired. */
  readonly fields: readonly string[];
  /** Registrations and dead letters from which answers were removed. */
  readonly registrations: number;
  readonly deadLetters: number;
  /** Changed by somebody else at the same time, or being replayed: left to the next pass. */
  readonly left: number;
  /** False when time ran out: the next run goes on. */
  readonly complete: boolean;
}

export interface ExpiredAnswersOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  readonly deadLettersTable: string;
  readonly activityTable: string;
  readonly expired: ExpiredFields;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Time limit of a run. Default: 40 s; the daemon waits for 60 s. */
  readonly boundSeconds?: number;
}

/** Progress of a pass. */
interface Progress {
  /** The expired fields that it removes. */
  readonly fields: string;
  /** Segments that are done, of the registrations first. */
  readonly segment: number;
  /** Of the last run of the latest whole pass over these fields: ISO 8601, UTC; empty where there was none. */
  readonly passedAt: string;
}

const defaultBoundSeconds = 40;
/** A run redoes at most one of them. */
const registrationSegments = 64;
const deadLetterSegments = 8;
const segmentsInAll = registrationSegments + deadLetterSegments;
/** Read capacity units a second: about 4 MB. */
const maxReadUnits = 500;
/** Removals under way at once. */
const width = 8;
/** A little less than a day, so that a pass does not begin an hour later each day. */
const passEveryMs = 23.5 * 3_600_000;
const progressKey = { bucket: "expired-answers" };

type Removal = "removed" | "nothing" | "left";

/** @returns a filter for items with one of these answers; the names are those of `removeFrom` */
function holdsAny(path: string, fields: readonly string[], further: string): ScanFilter {
  const any = fields.map((_, index) => `attribute_exists(${path}.#field${index})`).join(" OR ");
  return { expression: `${further} AND (${any})`, names: fieldNames(fields), values: {} };
}

function fieldNames(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field, index) => [`#field${index}`, field]));
}

/**
 * @returns the task; undefined from a run that had nothing to do. Rejects with the SDK's error when DynamoDB does not
 *   answer
 */
export function createExpiredAnswersRemoval(options: ExpiredAnswersOptions) {
  const { documents, registrationsTable, deadLettersTable, activityTable, expired, wallClock, stopping } = options;
  const boundMs = (options.boundSeconds ?? defaultBoundSeconds) * 1_000;
  const removed = new Counter({
    name: "turnout_expired_answers_removed_total",
    help: "Registrations and dead letters from which expired answers were removed",
    labelNames: ["from"] as const,
    registers: [options.registry],
  });
  for (const from of ["registration", "dead-letter"]) removed.labels(from).inc(0);

  async function readProgress(fields: string): Promise<Progress> {
    const { Responses = {} } = await documents.send(
      new BatchGetCommand({ RequestItems: { [activityTable]: { Keys: [progressKey], ConsistentRead: true } } }),
    );
    const progress = Responses[activityTable]?.[0] as Progress | undefined;
    // Another field has expired since: from the beginning.
    return progress?.fields === fields ? progress : { fields, segment: 0, passedAt: "" };
  }

  async function saveProgress({ fields, segment, passedAt }: Progress): Promise<void> {
    await documents.send(
      new UpdateCommand({
        TableName: activityTable,
        Key: progressKey,
        UpdateExpression: "SET #fields = :fields, #segment = :segment, passedAt = :passedAt",
        ExpressionAttributeNames: { "#fields": "fields", "#segment": "segment" },
        ExpressionAttributeValues: { ":fields": fields, ":segment": segment, ":passedAt": passedAt },
      }),
    );
  }

  async function removeFromRegistration(
    { email, registrationId }: Readonly<Record<string, unknown>>,
    fields: readonly string[],
  ): Promise<Removal> {
    try {
      await documents.send(
        new UpdateCommand({
          TableName: registrationsTable,
          Key: { email },
          UpdateExpression: `REMOVE ${fields.map((_, index) => `answers.#field${index}`).join(", ")}`,
          ConditionExpression: "registrationId = :id AND attribute_not_exists(tombstone) AND attribute_exists(answers)",
          ExpressionAttributeNames: fieldNames(fields),
          ExpressionAttributeValues: { ":id": registrationId },
        }),
      );
      return "removed";
    } catch (error) {
      // Withdrawn, erased, or another registration by now.
      if (isConditionFailure(error)) return "left";
      throw error;
    }
  }

  async function removeFromDeadLetter(record: DeadLetterRecord, fields: readonly string[]): Promise<Removal> {
    const kept = recordWithoutExpired(record, new Set(fields));
    if (kept === record) return "nothing";
    const at = new Date(wallClock()).toISOString();
    const entry: HistoryEntry = {
      at,
      who: "worker",
      what: "expired",
      detail: `answers that have expired were removed: ${fields.join(", ")}`,
    };
    const isChanged = await changeUnclaimed(documents, deadLettersTable, record, at, {
      set: {
        ...(kept.registration && { registration: kept.registration }),
        ...(kept.body !== undefined && { body: kept.body }),
        history: [...kept.history, entry],
      },
    });
    return isChanged ? "removed" : "left";
  }

  /** Scans one segment of a table and removes what it finds, a few at once. */
  function sweep(
    scan: { readonly tableName: string; readonly attributes: readonly string[]; readonly filter: ScanFilter },
    place: { readonly segment: number; readonly of: number },
    signal: AbortSignal,
    remove: (item: Readonly<Record<string, unknown>>) => Promise<void>,
  ): Promise<void> {
    return scanTable({
      ...scan,
      documents,
      segments: Array.from({ length: place.of }, (_, segment) => ({ done: segment !== place.segment })),
      consistent: false,
      budget: readBudget,
      signal,
      async onPage(items) {
        const waiting = [...items];
        await Promise.all(
          Array.from({ length: Math.min(width, waiting.length) }, async () => {
            for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
              signal.throwIfAborted();
              // oxlint-disable-next-line no-await-in-loop -- a limited number at once
              await remove(item);
            }
          }),
        );
      },
    });
  }

  const readBudget = createReadBudget(maxReadUnits, 1);

  return async function removeExpiredAnswers(): Promise<ExpiredAnswersRun | undefined> {
    const began = wallClock();
    const fields = [...expired(began)].toSorted();
    if (fields.length === 0) return undefined;
    let progress = await readProgress(fields.join(" "));
    if (progress.segment >= segmentsInAll) {
      if (began - Date.parse(progress.passedAt) < passEveryMs) return undefined;
      progress = { ...progress, segment: 0 };
    }
    const at = new Date(began).toISOString();
    const counts = { registrations: 0, deadLetters: 0, left: 0 };
    const bound = AbortSignal.timeout(boundMs);
    const signal = AbortSignal.any([stopping, bound]);

    function count(removal: Removal, place: "registrations" | "deadLetters"): void {
      if (removal === "left") counts.left += 1;
      if (removal !== "removed") return;
      counts[place] += 1;
      removed.labels(place === "registrations" ? "registration" : "dead-letter").inc();
    }

    function sweepSegment(segment: number): Promise<void> {
      if (segment < registrationSegments) {
        const filter = holdsAny("answers", fields, "attribute_exists(registrationId)");
        const scan = { tableName: registrationsTable, attributes: ["email", "registrationId"], filter };
        return sweep(scan, { segment, of: registrationSegments }, signal, async (item) =>
          count(await removeFromRegistration(item, fields), "registrations"),
        );
      }
      // Records alone: body parts and the log of what admins did are items of the same table.
      const filter = { expression: "attribute_exists(#state)", names: { "#state": "state" }, values: {} };
      const attributes = ["id", "state", "failures", "history", "registration", "body"];
      const place = { segment: segment - registrationSegments, of: deadLetterSegments };
      return sweep({ tableName: deadLettersTable, attributes, filter }, place, signal, async (item) =>
        count(await removeFromDeadLetter(item as unknown as DeadLetterRecord, fields), "deadLetters"),
      );
    }

    try {
      for (let { segment } = progress; segment < segmentsInAll; segment += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after another, so that what is done is one number
        await sweepSegment(segment);
        progress = { ...progress, segment: segment + 1 };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await saveProgress(progress.segment < segmentsInAll ? progress : { ...progress, passedAt: at });
    }
    const run = { at, fields, ...counts, complete: progress.segment >= segmentsInAll };
    options.logger.info(run, "expired answers were removed");
    return run;
  };
}
