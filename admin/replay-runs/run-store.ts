/**
 * The runs in the controls table: `replay#<run>` is a run's record, `replay#<run>/ids/<n>` a piece of its selection. All
 * expire 90 days after the start. A record is written by the process that holds the run only.
 */
import { DeleteCommand, GetCommand, PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isConditionFailure } from "../../shared/aws/condition-failure.ts";
import { scanTable } from "../../shared/aws/table-scan.ts";
import type { ReplayRun, ReplayRunSummary } from "./replay-run.ts";
import { packSelection, unpackSelection, type SelectedRecord } from "./run-selection.ts";

export interface RunStore {
  /** Writes the selection, then the record. */
  create(run: ReplayRun, selection: readonly SelectedRecord[], holder: string): Promise<void>;
  read(id: string): Promise<ReplayRun | undefined>;
  /** @returns undefined when it is gone: the run is done, or has expired */
  readSelection(id: string): Promise<SelectedRecord[] | undefined>;
  /** Makes another process the only one that writes the record. The caller has the lease. */
  hand(run: ReplayRun, holder: string): Promise<void>;
  /** @returns false when another process holds the run */
  save(run: ReplayRun, holder: string): Promise<boolean>;
  /** Removes the selection of a run that will not be resumed. Safe to repeat. */
  dropSelection(run: Pick<ReplayRun, "id" | "selected">): Promise<void>;
  /** @returns all runs, newest first */
  list(signal: AbortSignal): Promise<ReplayRunSummary[]>;
}

interface SelectionPiece {
  readonly id: string;
  readonly pieces: number;
  readonly bytes: Uint8Array;
}

const prefix = "replay#";
const retentionSeconds = 90 * 24 * 3_600;
const summaryAttributes = [
  "run",
  "hands",
  "selection",
  "why",
  "canary",
  "rate",
  "again",
  "outcomeTimeoutSeconds",
  "selected",
  "state",
  "sent",
  "counts",
  "stop",
  "endedAt",
] as const;

function keyOf(run: string): string {
  return `${prefix}${run}`;
}

function pieceKey(run: string, number: number): string {
  return `${keyOf(run)}/ids/${number}`;
}

function expiryOf({ hands }: Pick<ReplayRun, "hands">): number {
  return Math.floor(Date.parse(hands[0]?.at ?? "") / 1_000) + retentionSeconds;
}

/** In the table, the id of a run is `run`: `id` is the key. */
function fromItem(item: Record<string, unknown>): ReplayRunSummary {
  const { id: _, run, holder: __, expiresAt: ___, ...rest } = item;
  return { stop: undefined, endedAt: undefined, ...rest, id: run } as unknown as ReplayRunSummary;
}

export function createRunStore(documents: DynamoDBDocumentClient, controlsTable: string): RunStore {
  async function put(run: ReplayRun, holder: string, condition?: string): Promise<boolean> {
    const { id, stop, endedAt, ...rest } = run;
    const Item = {
      ...rest,
      ...(stop && { stop }),
      ...(endedAt !== undefined && { endedAt }),
      id: keyOf(id),
      run: id,
      holder,
      expiresAt: expiryOf(run),
    };
    try {
      await documents.send(
        new PutCommand({
          TableName: controlsTable,
          Item,
          ...(condition !== undefined && {
            ConditionExpression: condition,
            ...(condition.includes(":holder") && { ExpressionAttributeValues: { ":holder": holder } }),
          }),
        }),
      );
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }

  async function get(id: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await documents.send(
      new GetCommand({ TableName: controlsTable, Key: { id }, ConsistentRead: true }),
    );
    return Item;
  }

  return {
    async create(run, selection, holder) {
      const pieces = await packSelection(selection);
      for (const [index, bytes] of pieces.entries()) {
        const Item = { id: pieceKey(run.id, index), pieces: pieces.length, bytes, expiresAt: expiryOf(run) };
        await documents.send(new PutCommand({ TableName: controlsTable, Item }));
      }
      await put(run, holder);
    },
    async read(id) {
      const item = await get(keyOf(id));
      return item && (fromItem(item) as ReplayRun);
    },
    async readSelection(id) {
      const found: Uint8Array[] = [];
      for (let number = 0, pieces = 1; number < pieces; number += 1) {
        const piece = (await get(pieceKey(id, number))) as SelectionPiece | undefined;
        if (piece === undefined) return undefined;
        found.push(piece.bytes);
        pieces = piece.pieces;
      }
      return unpackSelection(found);
    },
    async hand(run, holder) {
      await put(run, holder);
    },
    save: (run, holder) => put(run, holder, "holder = :holder"),
    async dropSelection({ id }) {
      const first = (await get(pieceKey(id, 0))) as SelectionPiece | undefined;
      // The first one last: it says how many there are.
      for (let number = (first?.pieces ?? 0) - 1; number >= 0; number -= 1) {
        await documents.send(new DeleteCommand({ TableName: controlsTable, Key: { id: pieceKey(id, number) } }));
      }
    },
    async list(signal) {
      const runs: ReplayRunSummary[] = [];
      await scanTable({
        documents,
        tableName: controlsTable,
        segments: 1,
        attributes: summaryAttributes,
        filter: {
          expression: "begins_with(id, :prefix) AND attribute_exists(#run)",
          names: { "#run": "run" },
          values: { ":prefix": prefix },
        },
        signal,
        onPage: (items) => void runs.push(...items.map(fromItem)),
      });
      // An id tells only the second: of two runs that began in the same one, it does not say which was first.
      const startedAt = ({ hands, id }: ReplayRunSummary) => `${hands[0]?.at ?? ""} ${id}`;
      return runs.toSorted((a, b) => (startedAt(a) < startedAt(b) ? 1 : -1));
    },
  };
}
