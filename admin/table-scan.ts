/**
 * Reads a whole table by parallel scan, page by page: at most one page of each segment is in memory at a time.
 * What a page means is its taker's business.
 */
import { ScanCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export interface TableScanOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  /** Segments that are read at once, 1 to 64. */
  readonly segments: number;
  /** Attributes to read. */
  readonly attributes: readonly string[];
  readonly signal: AbortSignal;
  /** Takes a page. The segment's next page is read when this is done. */
  readonly onPage: (items: readonly Record<string, unknown>[]) => Promise<void> | void;
}

/**
 * Every item that was there throughout is seen exactly once; what is written meanwhile may be seen or not.
 * @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when DynamoDB does not answer or refuses
 */
export async function scanTable(options: TableScanOptions): Promise<void> {
  const { documents, tableName, segments, attributes, signal, onPage } = options;
  const names = Object.fromEntries(attributes.map((name, index) => [`#${index}`, name]));

  async function readSegment(segment: number): Promise<void> {
    let start: Record<string, unknown> | undefined;
    do {
      signal.throwIfAborted();
      const page = await documents.send(
        new ScanCommand({
          TableName: tableName,
          ConsistentRead: true,
          ProjectionExpression: Object.keys(names).join(", "),
          ExpressionAttributeNames: names,
          ExclusiveStartKey: start,
          ...(segments > 1 && { Segment: segment, TotalSegments: segments }),
        }),
      );
      await onPage(page.Items ?? []);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  await Promise.all(Array.from({ length: segments }, (_, segment) => readSegment(segment)));
}
