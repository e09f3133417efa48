/**
 * The audit log: which admin changed what and when, in the dead-letters table, and where the deployment has one also in
 * a log group of CloudWatch, which the table's admins cannot change. Entries contain no attendee data, since they
 * outlive an erasure.
 *
 * An entry is written before its change, and says what happened after it:
 *
 *     began: …   in the table, then in the group ──► the change ──► what happened, in the table, then in the group
 *        └─ either refuses ► no change                  └─ failed ► that, and whether a part may be done
 *
 * So a change without an entry is not possible, and an entry whose process died says that its end is not known. The group
 * only grows: there, an entry has a line for its begin and one for its end.
 *
 * In the table, an entry is an item whose id starts with `log#`, which readers of dead letters skip.
 */
import { randomUUID } from "node:crypto";
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { kindOf } from "../shared/aws/aws-error.ts";
import { scanTable } from "../shared/aws/table-scan.ts";
import { TurnoutError } from "../shared/errors.ts";
import { withoutAddresses } from "../shared/process/logger.ts";
import type { Connection } from "../terminal/connection.ts";

export const adminActions = [
  "replay",
  "edit",
  "discard",
  "forget",
  "export",
  "pause",
  "resume",
  "notice",
  "add",
  "correct",
] as const;
export type AdminAction = (typeof adminActions)[number];

export interface AuditLogEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly who: string;
  readonly action: AdminAction;
  /** Ids of the dead letters or registrations; the first ones when there are many. */
  readonly ids: readonly string[];
  /** What happened, in words. */
  readonly detail: string;
  /** The admin's reason; empty when none was asked. */
  readonly why: string;
}

/** A line of the log group. */
export interface AuditLogLine extends AuditLogEntry {
  /** The same in both lines of an entry, and in the id of the table's item. */
  readonly entry: string;
  /** Name of the deployment. */
  readonly stack: string;
}

export type AuditLogWork = Omit<AuditLogEntry, "at" | "who">;

export interface AuditLog {
  /**
   * Adds an entry that is complete: of what has happened already.
   * @throws the SDK's error when the table does not take it, TURNOUT_AUDIT_LOG_REFUSED when the group does not
   */
  add(line: AuditLogWork): Promise<void>;
  /**
   * Adds an entry for a change. It says that the change began, until the returned function says what happened.
   * @param line its `detail` says what is being done
   * @throws as `add`: the change must not be made then
   */
  begin(line: AuditLogWork): Promise<(happened: string) => Promise<void>>;
  /**
   * Makes a change between the two parts of its entry.
   * @param line its `detail` says what is being done
   * @param work returns its result and what happened, in words
   * @throws as `begin`; what the work throws, after the entry says so
   */
  around<Result>(line: AuditLogWork, work: () => Promise<readonly [result: Result, happened: string]>): Promise<Result>;
  /** @returns all entries since then, oldest first. @param since ISO 8601, UTC; "" for all */
  read(since: string, signal: AbortSignal): Promise<AuditLogEntry[]>;
}

/** What is needed of a connection to change something. */
export type AuditedConnection = Pick<Connection, "documents" | "deadLettersTable" | "auditLogGroup">;

export interface AuditLogOptions {
  readonly connection: AuditedConnection;
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

/** @returns what an entry says of a change that failed */
export function describeFailure(error: unknown): string {
  if (error instanceof TurnoutError && error.code !== "TURNOUT_INTERRUPTED") {
    return `not done: ${withoutAddresses(error.message)}`;
  }
  const { name } = error instanceof Error ? error : { name: typeof error };
  // What was refused as a whole was not done; of an error on the way, nobody knows.
  const isDenied = ["access-denied", "credentials", "clock", "missing-resource"].includes(kindOf(error));
  return isDenied ? `failed: ${name}; what came after it was not done` : `failed: ${name}; it may be done in part`;
}

export function createAuditLog({ connection, who, wallClock }: AuditLogOptions): AuditLog {
  const { documents, deadLettersTable: TableName, auditLogGroup: group } = connection;

  async function amend(id: string, detail: string): Promise<void> {
    await documents.send(
      new UpdateCommand({
        TableName,
        Key: { id },
        UpdateExpression: "SET detail = :detail",
        ConditionExpression: "attribute_exists(id)",
        ExpressionAttributeValues: { ":detail": detail },
      }),
    );
  }

  async function writeToGroup(line: AuditLogLine): Promise<void> {
    await group?.write(JSON.stringify(line), Date.parse(line.at));
  }

  function refused(said: string, cause: unknown): TurnoutError {
    const name = group?.name ?? "";
    const message = cause instanceof Error ? withoutAddresses(`${cause.name}: ${cause.message}`) : String(cause);
    return new TurnoutError(
      "TURNOUT_AUDIT_LOG_REFUSED",
      `${said} The audit log's group ${name} did not take the entry (${message}). ` +
        "The identity needs logs:CreateLogStream and logs:PutLogEvents on it, as in the stack's policy for admins.",
      { cause },
    );
  }

  async function put(line: AuditLogWork, inTable: string, inGroup: string): Promise<AuditLogLine & { id: string }> {
    const at = new Date(wallClock()).toISOString();
    const entry = randomUUID();
    const id = `${idPrefix}${at}#${entry}`;
    const { action, why } = line;
    const ids = line.ids.slice(0, maxIds);
    await documents.send(
      new PutCommand({
        TableName,
        Item: { id, at, who, action, ids, detail: inTable, why } satisfies AuditLogEntry & { id: string },
        ConditionExpression: "attribute_not_exists(id)",
      }),
    );
    const written: AuditLogLine = { at, who, action, ids, detail: inGroup, why, stack: group?.stack ?? "", entry };
    try {
      await writeToGroup(written);
    } catch (error) {
      await amend(id, "not done: the audit log's group did not take the entry").catch(() => {});
      throw refused("Nothing was changed.", error);
    }
    return { ...written, id };
  }

  async function begin(line: AuditLogWork) {
    const inTable = `began: ${line.detail}; its end is not known`;
    const { id, ...written } = await put(line, inTable, `began: ${line.detail}`);
    return async (happened: string) => {
      await amend(id, happened);
      try {
        await writeToGroup({ ...written, at: new Date(wallClock()).toISOString(), detail: happened });
      } catch (error) {
        throw refused(`This happened: ${happened}. It is in the table's audit log.`, error);
      }
    };
  }

  return {
    async add(line) {
      await put(line, line.detail, line.detail);
    },
    begin,
    async around(line, work) {
      const finish = await begin(line);
      let done;
      try {
        done = await work();
      } catch (error) {
        // If this fails too, the entry says that the end is not known, and the first error is the one to tell.
        await finish(describeFailure(error)).catch(() => {});
        throw error;
      }
      const [result, happened] = done;
      await finish(happened);
      return result;
    },
    async read(since, signal) {
      const lines: AuditLogEntry[] = [];
      await scanTable({
        documents,
        tableName: TableName,
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
