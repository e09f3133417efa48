/**
 * Where registrations are read through one after the other: the table, paced so that nobody who registers is slowed
 * down, or a file of `registrations export`, which costs the table nothing.
 */
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { createReadBudget } from "../../shared/http/read-budget.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { isTombstone, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import { readExport } from "./export-reader.ts";
import type { StoredRegistration } from "./stored-registration.ts";

/** What is read of a registration; an item that was made by hand, or a file, may have less. */
export type SeenRegistration = Partial<
  Pick<StoredRegistration, "email" | "name" | "registrationId" | "submittedAt" | "answers">
>;

export interface Reader {
  /** @returns false when enough was read */
  take(item: SeenRegistration | TombstoneItem): boolean;
  /**
   * @param read items so far
   * @param total about so many there are, where that is known
   */
  onProgress(read: number, total: number | undefined): void;
  readonly signal: AbortSignal;
}

export interface ReadThrough {
  /** Items that were read. */
  readonly read: number;
  /** False when the reader had enough before the end. */
  readonly complete: boolean;
}

/** @throws TURNOUT_INTERRUPTED or another reason, by the signal; else what the source throws */
export type RegistrationSource = (reader: Reader) => Promise<ReadThrough>;

export interface TableSourceOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly registrationsTable: string;
  /** Read capacity units per second. */
  readonly maxReadUnits: number;
}

const segments = 4;
const attributes = ["email", "name", "registrationId", "submittedAt", "answers", "tombstone", "at", "expiresAt"];

/** @returns about how many items there are, as DynamoDB counts every six hours or so; undefined where it does not say */
async function itemCount(documents: DynamoDBDocumentClient, table: string): Promise<number | undefined> {
  try {
    const { Table } = await documents.send(new DescribeTableCommand({ TableName: table }));
    return Table?.ItemCount || undefined;
  } catch {
    // Only for the progress: the scan itself says what is wrong.
    return undefined;
  }
}

/** @returns the table as a source. What is written meanwhile may be missed. The SDK's error ends the reading. */
export function tableSource({ documents, registrationsTable, maxReadUnits }: TableSourceOptions): RegistrationSource {
  return async ({ take, onProgress, signal }) => {
    const enough = new AbortController();
    const counted = await itemCount(documents, registrationsTable);
    let read = 0;
    onProgress(read, counted);
    try {
      await scanTable({
        documents,
        tableName: registrationsTable,
        segments,
        attributes,
        // Costs half; whoever is looked for registered a while ago.
        consistent: false,
        budget: createReadBudget(maxReadUnits, segments),
        signal: AbortSignal.any([signal, enough.signal]),
        onPage(items) {
          if (enough.signal.aborted) return;
          read += items.length;
          if (!items.every((item) => take(item as SeenRegistration | TombstoneItem))) enough.abort();
          onProgress(read, counted === undefined || counted < read ? undefined : counted);
        },
      });
    } catch (error) {
      if (signal.aborted || !enough.signal.aborted) throw error;
    }
    return { read, complete: !enough.signal.aborted };
  };
}

const progressEvery = 1_000;

/**
 * @param path of a file that `registrations export` wrote
 * @param event says which columns hold numbers and several choices
 * @returns it as a source. Reading throws TURNOUT_USAGE_INVALID when it is no such file.
 */
export function fileSource(path: string, event: EventDefinition | undefined): RegistrationSource {
  return async ({ take, onProgress, signal }) => {
    let read = 0;
    for await (const registration of readExport(path, event)) {
      signal.throwIfAborted();
      read += 1;
      if (read % progressEvery === 0) onProgress(read, undefined);
      if (!isTombstone(registration) && !take(registration)) return { read, complete: false };
    }
    onProgress(read, undefined);
    return { read, complete: true };
  };
}
