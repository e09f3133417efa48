/**
 * The mails table: what became of each mail, and which mail of a kind an address got within a day.
 *
 *     <kind>/<id>                 the record: outcome, when, why, SES's message id
 *     limit/<kind>/<hash>         the mail that has the address's turn for a day, with a lease while it is being sent
 *
 * The turn is claimed before the send and the record written after it, so a crash in between repeats at most what one
 * call sends. A claim of the same mail by another delivery fails while the lease lasts, so that two workers with the
 * same message do not both send. Whoever takes over an expired lease must look for the record once more.
 */
import type { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { PutCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { mailKey, type MailKind, type MailRequest } from "../../shared/mail/mail-pack.ts";
import type { Operation } from "../../shared/process/system-error.ts";
import { createBatchInsert, expiryOf, transientError, type Rejected } from "../batch-insert.ts";
import { createBatchWriter, type Transient, type WriterConditions } from "../batch-writer.ts";
import type { RetryingCaller } from "../retrying-caller.ts";
import { createMailReader, turnMs, type MailReader } from "./mail-reader.ts";

export type MailOutcome = "sent" | "rejected" | "limited" | "obsolete";

/** What became of a mail. */
export interface MailResult {
  /** Of the request, by `mailKey`. */
  readonly id: string;
  readonly outcome: MailOutcome;
  readonly detail?: string;
  readonly messageId?: string;
}

/** The wish to send a mail. */
export interface MailClaim {
  readonly request: MailRequest;
  /** Of one delivery of a message: it may claim again. */
  readonly token: string;
}

export type ClaimResult =
  /** `again`: an earlier claim of the same mail was taken over, so its record may have been written meanwhile. */
  | { readonly kind: "claimed"; readonly again: boolean }
  /** The address had another mail of the kind within a day. */
  | { readonly kind: "limited"; readonly by: string }
  /** Another delivery is sending this mail now. */
  | { readonly kind: "busy" }
  | Rejected;

export interface MailsTable extends MailReader {
  /** @returns a result for each, in order; undefined where the table did not answer in time */
  claim(claims: readonly MailClaim[], deadline: number): Promise<(ClaimResult | undefined)[]>;
  /** Ends the leases of a delivery that could not send: the next one need not wait for them. */
  release(claims: readonly MailClaim[]): Promise<void>;
  /**
   * Gives back the day's turns of mails that were never sent and never will be. A turn stays where it is another mail's,
   * or where another delivery may be sending this one or have sent it.
   */
  freeTurns(claims: readonly MailClaim[]): Promise<void>;
  /** An existing record stays as it is. @returns for each whether it is written, in order */
  record(results: readonly MailResult[], deadline: number): Promise<boolean[]>;
  /** Stops waiting. Safe to repeat. */
  close(): void;
}

export interface MailsTableOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly registrationsTableName: string;
  /** The address as in keys of limits. */
  readonly hashOf: (email: string) => string;
  readonly leaseMs: number;
  /** Days until DynamoDB removes a record, as for registrations. Default: never. */
  readonly retentionDays?: number | undefined;
  readonly caller: RetryingCaller;
  readonly conditions: WriterConditions;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called once per newly written record. */
  readonly onRecorded: (outcome: MailOutcome) => void;
}

type Recorded = { readonly kind: "recorded"; readonly fresh: boolean } | Rejected;
/** Longer than a day, so that no clock's error lets a limit expire early. */
const limitDays = 2;
const construct = "Roles/WorkerRole";

function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

export function createMailsTable(options: MailsTableOptions): MailsTable {
  const { documents, tableName, hashOf, leaseMs, retentionDays } = options;
  const { caller, conditions, wallClock, onRecorded } = options;
  const claiming: Operation = { action: "dynamodb:PutItem", resource: tableName, construct };
  const releasing: Operation = { action: "dynamodb:UpdateItem", resource: tableName, construct };
  const onCall = () => {};

  const limitKey = (kind: MailKind, email: string) => `limit/${kind}/${hashOf(email)}`;
  const iso = (at: number) => new Date(at).toISOString();

  function limitItem({ request, token }: MailClaim) {
    const at = wallClock();
    return {
      id: limitKey(request.kind, request.email),
      mail: mailKey(request),
      at: iso(at),
      token,
      leaseUntil: iso(at + leaseMs),
      expiresAt: expiryOf(at, limitDays),
    };
  }

  const insertClaims = createBatchInsert<MailClaim>({
    documents,
    tableName,
    construct,
    attributes: ["id", "mail", "at", "token", "leaseUntil", "expiresAt"],
    parameters(claim) {
      const { id, mail, at, token, leaseUntil, expiresAt } = limitItem(claim);
      return [{ S: id }, { S: mail }, { S: at }, { S: token }, { S: leaseUntil }, { N: String(expiresAt) }];
    },
    onCall,
  });

  /** For an address that has a limit item already. */
  async function takeOver(claim: MailClaim): Promise<ClaimResult | Transient> {
    const item = limitItem(claim);
    const now = wallClock();
    try {
      const { Attributes: before } = await documents.send(
        new PutCommand({
          TableName: tableName,
          Item: item,
          ConditionExpression:
            "attribute_not_exists(id) OR #at < :dayAgo OR (#mail = :mail AND " +
            "(#token = :token OR attribute_not_exists(#lease) OR #lease < :now))",
          ExpressionAttributeNames: { "#at": "at", "#mail": "mail", "#token": "token", "#lease": "leaseUntil" },
          ExpressionAttributeValues: {
            ":dayAgo": iso(now - turnMs),
            ":mail": item.mail,
            ":token": claim.token,
            ":now": iso(now),
          },
          ReturnValues: "ALL_OLD",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return { kind: "claimed", again: before?.mail === item.mail };
    } catch (error) {
      if (!isConditionFailure(error)) return transientError(error, claiming);
      const by = error.Item?.mail?.S;
      if (by === undefined) return { kind: "failed" };
      return by === item.mail ? { kind: "busy" } : { kind: "limited", by };
    }
  }

  const claims = createBatchWriter<MailClaim, ClaimResult>({
    ...conditions,
    keyOf: ({ request }) => limitKey(request.kind, request.email),
    async write(batch) {
      const inserts = await insertClaims(batch);
      const results: (ClaimResult | Transient)[] = [];
      for (const [index, insert] of inserts.entries()) {
        const claim = batch[index];
        if (insert.kind === "inserted") results.push({ kind: "claimed", again: false });
        // Sequentially: one call of the writer never becomes 25 at once.
        // oxlint-disable-next-line no-await-in-loop
        else if (insert.kind === "taken" && claim) results.push(await takeOver(claim));
        else results.push(insert.kind === "taken" ? { kind: "failed" } : insert);
      }
      return results;
    },
    follow: () => undefined,
    onResult: () => {},
  });

  const insertRecords = createBatchInsert<MailResult>({
    documents,
    tableName,
    construct,
    attributes: ["id", "outcome", "at"],
    parameters: ({ id, outcome }) => [{ S: id }, { S: outcome }, { S: iso(wallClock()) }],
    further({ detail, messageId }) {
      const more = Object.entries({ detail, messageId }).filter(([, value]) => value !== undefined);
      const names = more.map(([name]) => name);
      const values = more.map(([, value]) => ({ S: String(value) }));
      if (retentionDays === undefined) return { names, values };
      const expiry = { N: String(expiryOf(wallClock(), retentionDays)) };
      return { names: [...names, "expiresAt"], values: [...values, expiry] };
    },
    onCall,
  });

  const records = createBatchWriter<MailResult, Recorded>({
    ...conditions,
    keyOf: ({ id }) => id,
    async write(batch) {
      const inserts = await insertRecords(batch);
      return inserts.map((insert) => {
        if (insert.kind === "inserted") return { kind: "recorded", fresh: true };
        return insert.kind === "taken" ? { kind: "recorded", fresh: false } : insert;
      });
    },
    follow: (_first, result) => result,
    onResult({ outcome }, result) {
      if (result.kind === "recorded" && result.fresh) onRecorded(outcome);
    },
  });

  /** Changes the limit items of these mails where the condition holds. */
  async function change(held: readonly MailClaim[], changed: string, condition: string): Promise<void> {
    await Promise.all(
      held.map(({ request, token }) =>
        caller.attempt(releasing, () =>
          documents.send(
            new UpdateCommand({
              TableName: tableName,
              Key: { id: limitKey(request.kind, request.email) },
              UpdateExpression: changed,
              ConditionExpression: `mail = :mail AND (${condition})`,
              ExpressionAttributeNames: { "#token": "token", ...(changed.includes("#at") && { "#at": "at" }) },
              ExpressionAttributeValues: {
                ":mail": mailKey(request),
                ":token": token,
                ...(changed.includes(":never") && { ":never": iso(0) }),
              },
            }),
          ),
        ),
      ),
    );
  }

  return {
    ...createMailReader({ ...options, limitKey }),
    async claim(wanted, deadline) {
      const results = await claims.writeAll(wanted, deadline);
      return results.map((result) => (result.kind === "unfinished" ? undefined : result));
    },
    release: (held) => change(held, "REMOVE leaseUntil", "#token = :token"),
    freeTurns: (held) =>
      change(held, "SET #at = :never REMOVE leaseUntil", "#token = :token OR attribute_not_exists(leaseUntil)"),
    async record(results, deadline) {
      const written = await records.writeAll(results, deadline);
      return written.map(({ kind }) => kind === "recorded");
    },
    close() {
      claims.close();
      records.close();
      caller.close();
    },
  };
}
