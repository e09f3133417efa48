/**
 * Reads a whole table by parallel scan, page by page: at most one page of each segment is in memory at a time.
 * What a page means is its taker's business.
 */
import { ScanCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { ReadBudget } from "../http/read-budget.ts";

/** What DynamoDB leaves out of the pages. It is read, and paid for, all the same. */
export interface ScanFilter {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

type Key = Record<string, unknown>;

/** How far a segment has been read: not at all, up to a key, or to its end. */
export type SegmentPosition = { readonly after?: Key | undefined; readonly done: boolean };

/** Where in the scan a page stands. */
export interface ScanPlace {
  readonly segment: number;
  /** Where the segment stands after this page. */
  readonly position: SegmentPosition;
}

export interface TableScanOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Where each of the segments starts, 1 to 64 of them; a number of segments that all start at the beginning. */
  readonly segments: number | readonly SegmentPosition[];
  /** Attributes to read. */
  readonly attributes: readonly string[];
  readonly filter?: ScanFilter | undefined;
  /** False costs half and can miss what was written a moment ago. Default: true. */
  readonly consistent?: boolean;
  /** Default: as fast as the table answers. */
  readonly budget?: ReadBudget;
  readonly signal: AbortSignal;
  /** Takes a page. The segment's next page is read when this is done. */
  readonly onPage: (items: readonly Record<string, unknown>[], place: ScanPlace) => Promise<void> | void;
}

/**
 * Every item that was there throughout is seen exactly once; what is written meanwhile may be seen or not.
 * @throws TURNOUT_INTERRUPTED, by the signal, between two pages; the SDK's error when DynamoDB does not answer or rejects
 */
export async function scanTable(options: TableScanOptions): Promise<void> {
  const { documents, tableName, segments, attributes, filter, consistent = true, budget, signal, onPage } = options;
  const names = Object.fromEntries(attributes.map((name, index) => [`#read${index}`, name]));
  const starts: readonly SegmentPosition[] =
    typeof segments === "number" ? Array.from({ length: segments }, () => ({ done: false })) : segments;

  /** One segment's failure ends them all, and nobody is told of it before the last page under way has been taken. */
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
