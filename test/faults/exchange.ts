/** One call of an AWS client on its way through the proxy: who made it, what it asks for, about which queue or table. */
import type { IncomingHttpHeaders } from "node:http";
import { decodePack } from "../../shared/registration/registration-pack.ts";

export type Json = Record<string, unknown>;

export interface Exchange {
  /** Such as `SendMessage`. */
  readonly action: string;
  /** Name of the process that made it. */
  readonly client: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body, parsed when it is first asked for. */
  readonly input: Json;
  /** The time of its signature, milliseconds since the epoch. */
  readonly signedAt: number;
  /** Last parts of queue URLs and names of tables that it is about. */
  readonly resources: readonly string[];
}

const isoBasic = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function parseSignedAt(header: unknown): number {
  const [, year, month, day, hour, minute, second] = isoBasic.exec(String(header)) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const insertTarget = /^INSERT INTO "([^"]+)"/;

function resourcesOf(input: Json): string[] {
  const { QueueUrl, TableName, RequestItems, Statements } = input;
  if (typeof QueueUrl === "string") return [QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1)];
  if (typeof TableName === "string") return [TableName];
  if (typeof RequestItems === "object" && RequestItems !== null) return Object.keys(RequestItems);
  if (!Array.isArray(Statements)) return [];
  const tables = (Statements as { Statement: string }[]).map(
    ({ Statement }) => insertTarget.exec(Statement)?.[1] ?? "",
  );
  return [...new Set(tables)];
}

export function createExchange(client: string, headers: IncomingHttpHeaders, body: Buffer): Exchange {
  const target = headers["x-amz-target"];
  const action = typeof target === "string" ? target.slice(target.lastIndexOf(".") + 1) : "";
  let input: Json | undefined;
  return {
    action,
    client,
    headers,
    body,
    get input() {
      input ??= JSON.parse(body.toString() || "{}") as Json;
      return input;
    },
    signedAt: parseSignedAt(headers["x-amz-date"]),
    get resources() {
      return resourcesOf(this.input);
    },
  };
}

/** @returns how many registrations are in the pack of a `SendMessage` */
export function peopleIn({ input }: Exchange): number {
  return decodePack(String(input.MessageBody)).registrations.length;
}
