/**
 * The mailer with its real parts on the embedded queue and tables, and an SES that does as a test says. Everything that
 * takes minutes in service takes milliseconds.
 */
import {
  GetAccountCommand,
  SendBulkEmailCommand,
  SESv2Client,
  type BulkEmailEntryResult,
  type GetAccountCommandOutput,
  type SendBulkEmailCommandInput,
} from "@aws-sdk/client-sesv2";
import { SendMessageCommand, type Message } from "@aws-sdk/client-sqs";
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { encodeMailRequest, joinMailPack, type MailKind, type MailRequest } from "../../../shared/mail/mail-pack.ts";
import { referenceOf } from "../../../shared/registration/reference.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { createDrain } from "../../../worker/drain.ts";
import { mailboxOf } from "../../../worker/mail/limit-key.ts";
import { createMailAccount } from "../../../worker/mail/mail-account.ts";
import { createMailDelivery } from "../../../worker/mail/mail-delivery.ts";
import { createMailRepost } from "../../../worker/mail/mail-repost.ts";
import { createMailSender } from "../../../worker/mail/mail-sender.ts";
import { createMailer } from "../../../worker/mail/mailer.ts";
import { createMailsTable, type MailsTable, type MailsTableOptions } from "../../../worker/mail/mails-table.ts";
import { createSendAdmission } from "../../../worker/mail/send-admission.ts";
import { createSendRate } from "../../../worker/mail/send-rate.ts";
import { createRetryingCaller } from "../../../worker/retrying-caller.ts";
import type { Engines, TestQueue } from "../../equipment/engines.ts";
import { createQuickBreaker } from "../../equipment/quick-breaker.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

export type SesAnswer = (input: SendBulkEmailCommandInput) => Promise<BulkEmailEntryResult[]> | BulkEmailEntryResult[];

export interface Ses {
  readonly client: SESv2Client;
  /** The addresses of each call that was answered, oldest call first; `kind` is its tag. */
  readonly calls: { readonly kind: string; readonly addresses: string[]; readonly links: string[] }[];
  /** Addresses to which a mail was sent, by kind, each as often as it was. */
  sentTo(kind?: MailKind): string[];
  /** From now on sends end so. Default: all are sent. */
  answer(how?: SesAnswer): void;
  account(how: () => Partial<GetAccountCommandOutput>): void;
  accountReads(): number;
}

/** Long enough for a heartbeat that comes late on a busy machine. */
const visibilityTimeoutSeconds = 6;

export function addressesOf({ BulkEmailEntries: entries = [] }: SendBulkEmailCommandInput): string[] {
  return entries.map(({ Destination }) => Destination?.ToAddresses?.[0] ?? "");
}

export const allSent: SesAnswer = (input) =>
  addressesOf(input).map((_, index) => ({ Status: "SUCCESS", MessageId: `message-${index}` }));

export function sesError(name: string, message = name, status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

export function createSes(): Ses {
  const mock = mockClient(new SESv2Client({ region: "eu-central-1" }));
  const calls: Ses["calls"] = [];
  const sent: { kind: string; address: string }[] = [];
  let decide = allSent;
  let account: () => Partial<GetAccountCommandOutput> = () => ({});
  let reads = 0;
  mock.on(GetAccountCommand).callsFake(() => {
    reads += 1;
    return account();
  });
  mock.on(SendBulkEmailCommand).callsFake(async (input: SendBulkEmailCommandInput) => {
    const addresses = addressesOf(input);
    const kind = input.DefaultEmailTags?.[0]?.Value ?? "";
    const links = (input.BulkEmailEntries ?? []).map(
      ({ ReplacementEmailContent: content }) =>
        (JSON.parse(content?.ReplacementTemplate?.ReplacementTemplateData ?? "{}") as { link: string }).link,
    );
    calls.push({ kind, addresses, links });
    const results = await decide(input);
    for (const [index, { Status: status }] of results.entries()) {
      if (status === "SUCCESS") sent.push({ kind, address: addresses[index]! });
    }
    return { BulkEmailEntryResults: results };
  });
  return {
    client: mock as unknown as SESv2Client,
    calls,
    sentTo: (kind) => sent.filter((one) => kind === undefined || one.kind === kind).map(({ address }) => address),
    answer: (how = allSent) => (decide = how),
    account: (how) => (account = how),
    accountReads: () => reads,
  };
}

export interface StageOptions {
  readonly ratePerSecond?: number;
  readonly deadlineMs?: number;
  readonly leaseMs?: number;
  readonly standstillMs?: number;
  readonly claimFreshMs?: number;
  readonly factsFreshMs?: number;
  readonly sendToReserved?: boolean;
  readonly retentionDays?: number;
  readonly ses?: Ses;
  readonly wallClock?: () => number;
  readonly stage?: Pick<MailStage, "queue" | "mailsTable" | "registrationsTable">;
  readonly makeTable?: (options: MailsTableOptions) => MailsTable;
  readonly maxReceiveCount?: number;
}

export interface MailStage {
  readonly queue: TestQueue;
  readonly mailsTable: string;
  readonly registrationsTable: string;
}

/** @returns a mailer; with `stage` another one of the same queue and tables, as in another process */
export async function prepareMailer(engines: Engines, options: StageOptions = {}) {
  const { ratePerSecond = 10_000, deadlineMs = 60_000, leaseMs = 60_000, standstillMs = 60_000 } = options;
  const { sendToReserved = true, ses = createSes(), wallClock = Date.now, makeTable = createMailsTable } = options;
  const now = () => performance.now();
  const queue =
    options.stage?.queue ??
    (await engines.createQueue({ visibilityTimeoutSeconds, maxReceiveCount: options.maxReceiveCount ?? 3 }));
  const mailsTable = options.stage?.mailsTable ?? (await engines.createTable("id"));
  const registrationsTable = options.stage?.registrationsTable ?? (await engines.createTable());
  const documents = engines.createDocuments({ maxAttempts: 1 });
  const sqs = engines.createSqs({ maxAttempts: 1 });
  const log = recordLog();
  const breakers = { table: createQuickBreaker(), sends: createQuickBreaker(), queue: createQuickBreaker() };
  const recorded: string[] = [];
  let invalid = 0;
  let reposted = 0;
  const table = makeTable({
    documents,
    tableName: mailsTable,
    registrationsTableName: registrationsTable,
    hashOf: (email) => `hash-of-${mailboxOf(email)}`,
    leaseMs,
    retentionDays: options.retentionDays,
    caller: createRetryingCaller(breakers.table, { width: 4 }),
    conditions: {
      breaker: breakers.table,
      maxCallsInFlight: 4,
      standstillTimeoutMs: 30_000,
      describeStandstill: () => ({ kind: "throttled", action: "a", resource: "r", message: "m" }),
      now,
      random: () => 0,
    },
    wallClock,
    onRecorded: (outcome) => recorded.push(outcome),
  });
  const rate = createSendRate({ limit: ratePerSecond, now });
  const account = createMailAccount({ ses: ses.client, rate, ratePerSecond, logger: log.logger, now });
  const delivery = createMailDelivery({
    table,
    sender: createMailSender({
      ses: ses.client,
      from: "tickets@summit.example.org",
      contents: {
        contentOf: (kind) => ({ subject: kind, text: "{{link}}", html: "{{link}}", headers: [], attachments: [] }),
      },
      onCall: () => {},
    }),
    admission: createSendAdmission({
      breaker: breakers.sends,
      rate,
      accountTrouble: account.trouble,
      standstillMs,
      now,
    }),
    rate,
    breaker: breakers.sends,
    variablesOf: ({ registrationId }) => ({
      link: `https://summit.example.org/registrations/${registrationId}`,
      reference: referenceOf(registrationId),
    }),
    sendToReserved,
    claimFreshMs: options.claimFreshMs ?? 30_000,
    factsFreshMs: options.factsFreshMs ?? 5_000,
    now,
  });
  const mailer = createMailer({
    delivery,
    table,
    repost: createMailRepost({ sqs, mailQueueUrl: queue.url, caller: createRetryingCaller(breakers.queue) }),
    hideSecondsAfter: (receives) => (receives > 3 ? undefined : 60),
    deadlineMs,
    busySeconds: 1,
    now,
    logger: log.logger,
    onInvalid: (entries) => (invalid += entries),
    onReposted: (requests) => (reposted += requests),
  });
  const drain = createDrain({
    sqs,
    queueUrl: queue.url,
    pollers: 1,
    receiveWaitSeconds: 1,
    visibilityTimeoutSeconds,
    stopDeadlineSeconds: 5,
    process: mailer.process,
    receiveBreaker: createQuickBreaker(),
    deleteBreaker: createQuickBreaker(),
    neededBreakers: Object.values(breakers),
    logger: log.logger,
    now,
    onDeleteFailed: () => {},
  });

  return {
    queue,
    mailsTable,
    registrationsTable,
    ses,
    mailer,
    delivery,
    drain,
    breakers,
    log,
    rate,
    recordedNow: recorded,
    invalid: () => invalid,
    reposted: () => reposted,
    /** Puts registrations into the table as the worker stores them. */
    async store(registrations: readonly Registration[]): Promise<void> {
      const puts = registrations.map(({ id: registrationId, email, name, submittedAt, language }) => ({
        PutRequest: { Item: { email, registrationId, name, submittedAt, ...(language && { language }) } },
      }));
      for (let start = 0; start < puts.length; start += 25) {
        const RequestItems = { [registrationsTable]: puts.slice(start, start + 25) };
        await engines.documents.send(new BatchWriteCommand({ RequestItems }));
      }
    },
    process: (requests: readonly MailRequest[], receives = 1) => mailer.process(messageOf(requests, receives)),
    async send(requests: readonly MailRequest[]): Promise<void> {
      for (let start = 0; start < requests.length; start += 250) {
        const body = joinMailPack(requests.slice(start, start + 250).map(encodeMailRequest));
        await engines.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
      }
    },
    /** @returns the records by key */
    async records(): Promise<Map<string, Record<string, unknown>>> {
      const items = await engines.items(mailsTable);
      return new Map(items.filter(({ id }) => !String(id).startsWith("limit/")).map((item) => [String(item.id), item]));
    },
    async limits(): Promise<Record<string, unknown>[]> {
      const items = await engines.items(mailsTable);
      return items.filter(({ id }) => String(id).startsWith("limit/"));
    },
    async isEmpty(): Promise<boolean> {
      const { waiting, inFlight } = await engines.counts(queue.url);
      return waiting + inFlight === 0;
    },
    deadLetters: () => engines.counts(queue.deadLetterUrl),
  };
}

function messageOf(requests: readonly MailRequest[], receives = 1): Message {
  return {
    Body: joinMailPack(requests.map(encodeMailRequest)),
    Attributes: { ApproximateReceiveCount: String(receives) },
  };
}

export function confirmationOf({ id, email, language }: Registration): MailRequest {
  return { kind: "confirmed", id, email, ...(language && { language }) };
}
