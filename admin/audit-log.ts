/**
 * The audit log: which admin changed what and when, in the dead-letters table. Entries are only added, and before the
 * change: an entry without its change is possible, the reverse is not. They contain no attendee data, since they
 * outlive an erasure.
 *
 * An entry is an item whose id starts with `log#`, which readers of dead letters skip.
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
  /** Ids of the dead letters; the first ones when there are many. */
  readonly ids: readonly string[];
  /** The action, in words. */
  readonly detail: string;
  /** The admin's reason; empty when none was asked. */
  readonly why: string;
}

export interface AuditLog {
  /** Adds an entry. @throws the SDK's error when the table does not take it */
  add(line: Omit<AuditLogEntry, "at" | "who">): Promise<void>;
  /** @returns all entries since then, oldest first. @param since ISO 8601, UTC; "" for all */
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

/** @returns whether an id is that of an audit log entry */
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
