/**
 * The audit log: what admins changed, who and when, in the dead-letters table, so that all of them read the same one. Lines
 * are added and never changed, and added before the change that they tell of: a line without its change is possible, a
 * change without its line is not. Nothing of an attendee stands in them: they outlive an erasure, and are its only trace.
 *
 * A line is an item whose id starts with `log#`, by which everybody who reads dead letters passes it over.
 */
import { randomUUID } from "node:crypto";
import { PutCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { scanTable } from "../shared/aws/table-scan.ts";

export const adminActions = ["replay", "edit", "discard", "forget", "export"] as const;
export type AdminAction = (typeof adminActions)[number];

export interface AuditLogEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly who: string;
  readonly action: AdminAction;
  /** Ids of the dead letters that it was about; of very many, the first. */
  readonly ids: readonly string[];
  /** What is done, in words. */
  readonly detail: string;
  /** Why, in the admin's own words; empty where nobody was asked. */
  readonly why: string;
}

export interface AuditLog {
  /** Adds a line. @throws the SDK's error when the table does not take it */
  add(line: Omit<AuditLogEntry, "at" | "who">): Promise<void>;
  /** @returns all lines since then, oldest first. @param since ISO 8601, UTC; "" for all */
  read(since: string, signal: AbortSignal): Promise<AuditLogEntry[]>;
}

export interface AuditLogOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

const idPrefix = "log#";
const maxIds = 100;

/** @returns whether an id of the dead-letters table is that of a line of the log */
export function isLogId(id: string): boolean {
  return id.startsWith(idPrefix);
}

export function createAuditLog({ documents, tableName, who, wallClock }: AuditLogOptions): AuditLog {
  return {
    async add({ action, ids, detail, why }) {
      const at = new Date(wallClock()).toISOString();
      const line: AuditLogEntry = { at, who, action, ids: ids.slice(0, maxIds), detail, why };
      await documents.send(
        new PutCommand({
          TableName: tableName,
          Item: { id: `${idPrefix}${at}#${randomUUID()}`, ...line },
          ConditionExpression: "attribute_not_exists(id)",
        }),
      );
    },
    async read(since, signal) {
      const lines: AuditLogEntry[] = [];
      await scanTable({
        documents,
        tableName,
        segments: 1,
        attributes: ["at", "who", "action", "ids", "detail", "why"],
        filter: {
          expression: "begins_with(id, :log) AND #at >= :since",
          names: { "#at": "at" },
          values: { ":log": idPrefix, ":since": since },
        },
        signal,
        onPage: (items) => void lines.push(...(items as unknown as AuditLogEntry[])),
      });
      return lines.toSorted((a, b) => (a.at < b.at ? -1 : 1));
    },
  };
}
