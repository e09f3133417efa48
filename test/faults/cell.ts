/**
 * One deployment of Turnout under test: queues and tables of its own on the embedded engines, a fault proxy before each
 * engine, and tiers that know only the proxies. Tests read queue and tables past the proxies.
 */
import { randomBytes } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createOrphanGuard, type OrphanGuard } from "../../local/orphan-guard/orphan-guard.ts";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { createReceipts, parseReceiptKeys, type Receipts } from "../../shared/registration/receipts.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { mailPublicUrl, mailSender, startCellMail, type CellMail } from "./cell-mail.ts";
import { createResources, type CellResources } from "./cell-resources.ts";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import { createRandom, type Random } from "./random.ts";
import { createSideEffects, observedActions, type SideEffects } from "./side-effects.ts";
import { startTierProcess, type TierName, type TierProcess } from "./tier-process.ts";

export interface CellOptions {
  readonly visibilityTimeoutSeconds?: number;
  readonly maxReceiveCount?: number;
  /** Variables for every tier of the cell. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly seed?: string | number;
  /** Whether its workers send mails, to an SES of the cell; default false. */
  readonly mail?: boolean;
}

export interface StoredItem extends Record<string, unknown> {
  readonly email: string;
  readonly registrationId: string;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly inFlight: number;
}

export interface Cell extends CellResources {
  /** Undefined where it sends no mail. */
  readonly mail: CellMail | undefined;
  /** Past the proxies. */
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  /** Variables with which another process speaks to this cell, past the proxies. */
  readonly environment: Readonly<Record<string, string>>;
  readonly sqsProxy: FaultProxy;
  readonly dynamoDbProxy: FaultProxy;
  readonly effects: SideEffects;
  readonly random: Random;
  /** With the keys of the web tier: what it seals can be opened here, and the other way round. */
  readonly receipts: Receipts;
  readonly tiers: readonly TierProcess[];
  startTier(tier: TierName, options?: StartOptions): Promise<TierProcess>;
  /** Puts messages on the registrations queue. */
  put(bodies: readonly string[], queueUrl?: string): Promise<void>;
  counts(queueUrl?: string): Promise<QueueCounts>;
  /** Reads the bodies of all messages that wait on the registrations queue, and leaves them there. */
  bodies(): Promise<string[]>;
  items(): Promise<StoredItem[]>;
  outcomes(): Promise<{ readonly id: string; readonly outcome: string }[]>;
  itemCount(): Promise<number>;
  deadLetters(): Promise<DeadLetterRecord[]>;
  /** Waits until both queues are empty and nothing is in flight. */
  drained(withinMs?: number): Promise<void>;
  heal(): void;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly name?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly restart?: boolean;
  /** Speaks to the engines themselves, without a proxy in between; default false. */
  readonly direct?: boolean;
}

export interface Engines {
  readonly stack: LocalStack;
  createCell(options?: CellOptions): Promise<Cell>;
  stop(): Promise<void>;
}

/** A busy machine, too, has time to end cleanly. */
export const stopDeadlineSeconds = Math.round(stretched(15));

/** What every cell gives its tiers: short waits, so that a test is quick, and a log of what went wrong. */
const quickTiers = {
  LOG_LEVEL: "info",
  RECEIVE_WAIT_SECONDS: "1",
  STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds),
  WRITE_TIMEOUT_MS: "1000",
  SEND_TIMEOUT_MS: "1000",
  // A machine that is busy with other tests sheds nobody by itself.
  MAX_EVENT_LOOP_DELAY_MS: "10000",
  MAX_WAIT_MS: "30000",
  SHED_WAIT_MS: "30000",
  // All who come are on this machine.
  RATE_LIMIT_PER_MINUTE: "0",
};

/** Starts SQS and DynamoDB; a file of tests needs them once. */
export async function startEngines(): Promise<Engines> {
  const stack = createLocalStack({ tiers: [], periodicTasks: false });
  await stack.start();
  // The tiers are not the stack's own: they too must end with this process, however it ends.
  const guard = createOrphanGuard();
  let cells = 0;
  return {
    stack,
    createCell(options = {}) {
      cells += 1;
      return createCell(stack, guard, `cell-${cells}`, options);
    },
    async stop() {
      await stack.stop();
      await guard.dismiss();
    },
  };
}

async function createCell(stack: LocalStack, guard: OrphanGuard, id: string, options: CellOptions): Promise<Cell> {
  const { visibilityTimeoutSeconds = 30, maxReceiveCount = 100, seed = id } = options;
  const given = stack.environment;
  const connection = {
    region: given.AWS_REGION!,
    credentials: { accessKeyId: given.AWS_ACCESS_KEY_ID!, secretAccessKey: given.AWS_SECRET_ACCESS_KEY! },
  };
  const sqs = new SQSClient({ ...connection, endpoint: stack.urls.sqs!, useQueueUrlAsEndpoint: false });
  const dynamoDb = new DynamoDBClient({ ...connection, endpoint: stack.urls.dynamodb! });
  const documents = DynamoDBDocumentClient.from(dynamoDb);

  const resources = await createResources({ sqs, dynamoDb, id, visibilityTimeoutSeconds, maxReceiveCount });
  const { queueUrl, deadLetterQueueUrl, registrationsTable, deadLettersTable, outcomesTable, activityTable } =
    resources;
  const mail = options.mail ? await startCellMail() : undefined;
  const VisibilityTimeout = String(visibilityTimeoutSeconds);
  const environment = {
    ...given,
    QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    REGISTRATIONS_TABLE: registrationsTable,
    DEAD_LETTERS_TABLE: deadLettersTable,
    OUTCOMES_TABLE: outcomesTable,
    ACTIVITY_TABLE: activityTable,
    CONTROLS_TABLE: resources.controlsTable,
    ...(mail && { MAIL_QUEUE_URL: resources.mailQueueUrl, MAILS_TABLE: resources.mailsTable }),
  };
  const mailEnvironment = mail && {
    MAIL_FROM: mailSender,
    PUBLIC_URL: mailPublicUrl,
    AWS_ENDPOINT_URL_SESV2: mail.url,
  };
  const random = createRandom(seed);
  const effects = createSideEffects();
  const observed = { observe: effects.observe, observes: (action: string) => observedActions.has(action) };
  const sqsProxy = createFaultProxy({ upstream: stack.urls.sqs!, random: random.fork("sqs"), ...observed });
  const dynamoDbProxy = createFaultProxy({
    upstream: stack.urls.dynamodb!,
    random: random.fork("dynamodb"),
    ...observed,
    // The dead-letters table is written by other actions, and not of interest here.
    observe(exchange, input, answer) {
      if (exchange.resources.includes(registrationsTable)) effects.observe(exchange, input, answer);
    },
  });
  const receiptKeys = `test:${randomBytes(32).toString("base64")}`;
  const tiers: TierProcess[] = [];

  async function scan<T>(table: string): Promise<T[]> {
    const all: T[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await documents.send(
        new ScanCommand({ TableName: table, ...(start && { ExclusiveStartKey: start }) }),
      );
      all.push(...((page.Items ?? []) as T[]));
      start = page.LastEvaluatedKey;
    } while (start);
    return all;
  }

  const cell: Cell = {
    mail,
    sqs,
    documents,
    ...resources,
    environment,
    sqsProxy,
    dynamoDbProxy,
    effects,
    random,
    receipts: createReceipts(parseReceiptKeys(receiptKeys)),
    tiers,
    async startTier(tier, { name, environment: own = {}, program, restart, direct = false } = {}) {
      const instance = name ?? `${tier}-${tiers.filter((one) => one.tier === tier).length + 1}`;
      const process = await startTierProcess({
        tier,
        name: instance,
        environment: {
          ...environment,
          VISIBILITY_TIMEOUT_SECONDS: VisibilityTimeout,
          RECEIPT_KEYS: receiptKeys,
          ...quickTiers,
          ...(tier === "worker" && mailEnvironment),
          ...options.environment,
          ...own,
          ...(!direct && {
            AWS_ENDPOINT_URL_SQS: await sqsProxy.urlFor(instance),
            AWS_ENDPOINT_URL_DYNAMODB: await dynamoDbProxy.urlFor(instance),
          }),
        },
        program,
        restart,
        guard,
      });
      tiers.push(process);
      return process;
    },
    async put(bodies, url = queueUrl) {
      // Ten per batch are the most, and together at most one message's size.
      for (let start = 0; start < bodies.length; start += 10) {
        const Entries = bodies
          .slice(start, start + 10)
          .map((MessageBody, index) => ({ Id: String(index), MessageBody }));
        const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
        if (Failed.length > 0) throw new Error(`${Failed.length} messages were not put on the queue.`);
      }
    },
    async counts(url = queueUrl) {
      const { Attributes: found = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
      );
      return {
        waiting: Number(found.ApproximateNumberOfMessages),
        inFlight: Number(found.ApproximateNumberOfMessagesNotVisible),
      };
    },
    async bodies() {
      const all: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
        );
        if (Messages.length === 0) break;
        all.push(...Messages);
      }
      for (const { ReceiptHandle } of all) {
        await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 1 }));
      }
      return all.map(({ Body }) => Body ?? "");
    },
    items: () => scan<StoredItem>(registrationsTable),
    outcomes: () => scan(outcomesTable),
    async itemCount() {
      let count = 0;
      let start: Record<string, unknown> | undefined;
      do {
        const page = await documents.send(
          new ScanCommand({
            TableName: registrationsTable,
            Select: "COUNT",
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        count += page.Count ?? 0;
        start = page.LastEvaluatedKey;
      } while (start);
      return count;
    },
    deadLetters: async () =>
      (await scan<DeadLetterRecord | { partOf: string }>(deadLettersTable)).filter(
        (record): record is DeadLetterRecord => !("partOf" in record),
      ),
    async drained(withinMs = 60_000) {
      await eventually(
        async () => {
          // One after the other, and the first again: what went from one to the other meanwhile is seen on one of them.
          for (const url of [queueUrl, deadLetterQueueUrl, queueUrl]) {
            const { waiting, inFlight } = await cell.counts(url);
            if (waiting + inFlight > 0) return false;
          }
          return true;
        },
        "both queues are empty",
        withinMs,
      );
    },
    heal() {
      mail?.heal();
      sqsProxy.heal();
      dynamoDbProxy.heal();
    },
    async close() {
      cell.heal();
      await Promise.all(tiers.map((tier) => tier.stop()));
      await Promise.all([sqsProxy.close(), dynamoDbProxy.close(), mail?.close()]);
      sqs.destroy();
      dynamoDb.destroy();
    },
  };
  return cell;
}
