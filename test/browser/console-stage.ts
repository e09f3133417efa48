/** Where the console's browser tests play: the whole local stack with its console, and the means to give it something to show. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import { createDocumentClient, createSqsClient } from "../../shared/aws/aws-clients.ts";
import { deadLetterAttributes, type DeadLetterReason } from "../../shared/dead-letters/dead-letter.ts";
import { putAll } from "../equipment/dead-letter-seeds.ts";
import { fiveKinds } from "../equipment/five-kinds.ts";
import { summit } from "./stage.ts";

export interface ConsoleStage {
  readonly stack: LocalStack;
  readonly consoleUrl: string;
  /** Registers so many people through the web tier. @returns their addresses */
  register(count: number): Promise<string[]>;
  /** Puts one on the registrations queue that the worker will find not to be valid. @returns its id */
  sendInvalid(entry?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Puts a body on the dead-letter queue, as the worker or SQS would. */
  sendDead(body: string, reason: DeadLetterReason, detail: string): Promise<void>;
  /** Fills the dead-letters table with so many of five kinds, as `five-kinds.ts` makes them. */
  fillDeadLetters(count: number): Promise<void>;
  close(): Promise<void>;
}

const hourMs = 3_600_000;
const postsAtOnce = 25;

/** @returns a registration with an address that is none, as an older web tier might have let it through */
export function invalidEntry(entry: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    email: "grace.hopper@example",
    name: "Grace Hopper",
    answers: { ticket: "Friday only", guests: 2, conduct: true },
    submittedAt: new Date(Date.now() - 120_000).toISOString(),
    ...entry,
  };
}

export async function openConsoleStage(): Promise<ConsoleStage> {
  const folder = mkdtempSync(join(tmpdir(), "turnout-console-"));
  const file = join(folder, "event.json");
  writeFileSync(file, JSON.stringify(summit(-hourMs)));
  const stack = createLocalStack({ console: true, periodicTasks: false, environment: { EVENT_FILE: file } });
  let sqs: SQSClient | undefined;
  let documents: DynamoDBDocumentClient | undefined;

  async function close(): Promise<void> {
    sqs?.destroy();
    documents?.destroy();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await stack.start();
  } catch (error) {
    await close();
    throw error;
  }
  const { environment, urls } = stack;
  Object.assign(process.env, environment);
  const client = createSqsClient({ region: environment.AWS_REGION!, requestTimeoutMs: 20_000, maxAttempts: 3 });
  sqs = client;
  const tables = createDocumentClient({ region: environment.AWS_REGION!, requestTimeoutMs: 20_000, maxAttempts: 3 });
  documents = tables;

  async function register(email: string): Promise<void> {
    const answers = { ticket: "Both days", conduct: true };
    const response = await fetch(`${urls.web}/registrations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, name: "Ada Lovelace", answers }),
    });
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  }

  return {
    stack,
    consoleUrl: urls.console!,
    async register(count) {
      const addresses = Array.from({ length: count }, () => `ada.${randomUUID()}@example.org`);
      const left = [...addresses];
      const post = async () => {
        for (let email = left.pop(); email !== undefined; email = left.pop()) await register(email);
      };
      await Promise.all(Array.from({ length: postsAtOnce }, post));
      return addresses;
    },
    async sendInvalid(entry) {
      const registration = invalidEntry(entry);
      const MessageBody = JSON.stringify({ v: 1, registrations: [registration] });
      await client.send(new SendMessageCommand({ QueueUrl: environment.QUEUE_URL, MessageBody }));
      return String(registration.id);
    },
    async sendDead(body, reason, detail) {
      const attribute = (StringValue: string) => ({ DataType: "String", StringValue });
      await client.send(
        new SendMessageCommand({
          QueueUrl: environment.DEAD_LETTER_QUEUE_URL,
          MessageBody: body,
          MessageAttributes: {
            [deadLetterAttributes.reason]: attribute(reason),
            [deadLetterAttributes.detail]: attribute(detail),
          },
        }),
      );
    },
    fillDeadLetters: (count) =>
      putAll(
        tables,
        environment.DEAD_LETTERS_TABLE!,
        fiveKinds(count, Date.now(), { ticket: "Both days", conduct: true }),
      ),
    close,
  };
}
