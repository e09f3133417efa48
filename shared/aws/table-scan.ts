/** Parallel table scan by pages, holding at most one page per segment in memory. */
import { ScanCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { ReadBudget } from "../http/read-budget.ts";

/** Applied by DynamoDB after reading: filtered items cost the same. */
export interface ScanFilter {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

type Key = Record<string, unknown>;

/** Progress of a segment: not started, up to a key, or finished. */
export type SegmentPosition = { readonly after?: Key | undefined; readonly done: boolean };

/** Position of a page in the scan. */
export interface ScanPlace {
  readonly segment: number;
  /** The segment's progress after this page. */
  readonly position: SegmentPosition;
}

export interface TableScanOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Start of each segment, 1 to 64; a number of segments starts all from the beginning. */
  readonly segments: number | readonly SegmentPosition[];
  /** Attributes to read. */
  readonly attributes: readonly string[];
  readonly filter?: ScanFilter | undefined;
  /** False costs half and can miss recent writes. Default: true. */
  readonly consistent?: boolean;
  /** Default: unlimited. */
  readonly budget?: ReadBudget;
  readonly signal: AbortSignal;
  /** Takes a page; the segment's next page is read when it resolves. */
  readonly onPage: (items: readonly Record<string, unknown>[], place: ScanPlace) => Promise<void> | void;
}

/**
 * Items that exist throughout are seen exactly once; concurrent writes may or may not be seen.
 * @throws TURNOUT_INTERRUPTED, by the signal, between two pages; the SDK's error when DynamoDB does not answer or
 *   rejects the call
 */
export async function scanTable(options: TableScanOptions): Promise<void> {
  const { documents, tableName, segments, attributes, filter, consistent = true, budget, signal, onPage } = options;
  const names = Object.fromEntries(attributes.map((name, index) => [`#read${index}`, name]));
  const starts: readonly SegmentPosition[] =
    typeof segments === "number" ? Array.from({ length: segments }, () => ({ done: false })) : segments;

  /** A failing segment ends all of them, but only after their current pages were taken. */
  let failed = false;

  async function readPage(segment: number, after: Key | undefined) {
    const limit = budget?.pageLimit();
    const page = await documents.send(
      new ScanCommand({
        TableName: tableName,
        ConsistentRead: consistent,
        ProjectionExpression: Object.keys(names).join(", "),
        ExpressionAttributeNames: { ...names, ...filter?.names },
        ...(filter && { FilterExpression: filter.expression }),
        ...(filter && Object.keys(filter.values).length > 0 && { ExpressionAttributeValues: { ...filter.values } }),
        ExclusiveStartKey: after,
        ...(limit !== undefined && { Limit: limit }),
        ...(budget && { ReturnConsumedCapacity: "TOTAL" }),
        ...(starts.length > 1 && { Segment: segment, TotalSegments: starts.length }),
      }),
    );
    budget?.spent(page.ConsumedCapacity?.CapacityUnits ?? 0, page.ScannedCount ?? 0);
    const next = page.LastEvaluatedKey;
    return { items: page.Items ?? [], position: { after: next, done: next === undefined } };
  }

  async function readSegment(segment: number, start: SegmentPosition): Promise<void> {
    for (let position = start; !position.done && !failed;) {
      await budget?.wait(signal);
      signal.throwIfAborted();
      const page = await readPage(segment, position.after);
      await onPage(page.items, { segment, position: page.position });
      position = page.position;
    }
  }

  const ends = await Promise.allSettled(
    starts.map((start, segment) =>
      readSegment(segment, start).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
}
