/** Exports the registrations table to a file or stream: parallel scan, bounded memory, optional rate limit. */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createReadBudget } from "../../shared/http/read-budget.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";
import { onlyRegistrations } from "../../shared/registration/tombstone.ts";
import { openExportFile } from "./export-file.ts";
import { openExportStream } from "./export-stream.ts";
import type { ExportFormat } from "./export-format.ts";
import { storedAttributes, type StoredRegistration } from "./stored-registration.ts";

export interface ExportOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly format: ExportFormat;
  /** A file path, or a function that takes a text; the latter cannot be resumed. */
  readonly output: string | ((text: string) => Promise<void>);
  readonly resume: boolean;
  readonly overwrite: boolean;
  /** Read capacity units per second; undefined for no limit. */
  readonly maxReadUnits: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
}

export interface ExportResult {
  readonly rows: number;
  /** False when stopped early; it can be resumed. */
  readonly complete: boolean;
}

/** @returns what was exported, for the audit log. @param as in which format */
export function describeExport({ rows, complete }: ExportResult, as: string): string {
  return complete
    ? `exported all ${rows} registrations ${as}`
    : `exported ${rows} registrations ${as}, then was stopped`;
}

const segments = 4;

/**
 * @throws TURNOUT_USAGE_INVALID when the file exists or there is nothing to resume; the SDK's error when DynamoDB does
 *   not answer or rejects the call, after which the export can be resumed
 */
export async function exportRegistrations(options: ExportOptions): Promise<ExportResult> {
  const { documents, tableName, format, output, resume, overwrite, maxReadUnits, signal, onProgress } = options;
  const shape = JSON.stringify([tableName, format.head || "jsonl"]);
  const file =
    typeof output === "string"
      ? await openExportFile({ path: output, shape, head: format.head, segments, resume, overwrite })
      : await openExportStream(output, format.head, segments);
  try {
    await scanTable({
      documents,
      tableName,
      segments: file.segments,
      attributes: storedAttributes,
      filter: onlyRegistrations,
      // New registrations may be missed with consistent reads too, which cost twice as much.
      consistent: false,
      budget: createReadBudget(maxReadUnits, segments),
      signal,
      async onPage(items, { segment, position }) {
        const text = items.map((item) => format.line(item as unknown as StoredRegistration)).join("");
        await file.append(text, items.length, segment, position);
        onProgress(file.rows);
      },
    });
    await file.finish();
    return { rows: file.rows, complete: true };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { rows: file.rows, complete: false };
  } finally {
    await file.suspend();
  }
}
