/**
 * Where the browser tests play: the whole local stack with an event that is open, and, on the same queue and tables, further
 * web tiers with events that are in another phase. All of it is what production runs.
 */
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import { createSqsClient } from "../../shared/aws/aws-clients.ts";
import { deadLetterAttributes } from "../../shared/dead-letters/dead-letter.ts";
import { commandEnvironment } from "../equipment/command-environment.ts";
import { eventually } from "../equipment/eventually.ts";
import type { Environment } from "../../shared/process/environment.ts";
import { createReceipts, parseReceiptKeys } from "../../shared/registration/receipts.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";

const hourMs = 3_600_000;

/**
 * @param opensInMs from now; negative for an event that is open
 * @param openForMs at least; it closes on the hour
 */
export function summit(opensInMs: number, openForMs = 720 * hourMs): EventDefinition {
  const opensAt = Date.now() + opensInMs;
  return {
    name: "Open Source Summit of the North",
    description:
      "Two days of talks, workshops and people who build things. Entrance is free, a registration is all you need.",
    opensAt: new Date(opensAt).toISOString(),
    closesAt: new Date(Math.ceil((opensAt + openForMs) / hourMs) * hourMs).toISOString(),
    timeZone: "Europe/Berlin",
    fields: [
      { id: "ticket", type: "select", label: "Which days will you come?", options: ["Both days", "Friday only"] },
      {
        id: "organisation",
        type: "text",
        label: "Organisation",
        hint: "It will appear on your badge.",
        maxLength: 100,
      },
      { id: "guests", type: "number", label: "Guests you bring along", minimum: 0, maximum: 4, integer: true },
      { id: "conduct", type: "checkbox", label: "I accept the code of conduct", required: true },
    ],
  };
}

export interface Stage {
  /** Of a command that means this stack. */
  readonly commandEnvironment: Environment;
  /** The stage's inbox; only with mail. */
  readonly inboxUrl: string | undefined;
  /** Of the event page of an event that is open. */
  readonly openUrl: string;
  /** @param logo content of the file that the event names. @returns the URL of a further event page, with this event */
  addEvent(event: EventDefinition, logo?: string): Promise<string>;
  /** @returns the URL of a further event page that mails lost links, the same each time */
  mailingUrl(): Promise<string>;
  /** @returns the status URL of the same registration as in a mail */
  asMailed(statusUrl: string): string;
  /** The queue takes nothing from now on, and answers nothing: what was begun hangs. */
  stopQueue(): void;
  resumeQueue(): void;
  /** Nothing is drained from now on: what is accepted stays pending. */
  stopWorker(): Promise<void>;
  resumeWorker(): Promise<void>;
  /** While the worker is stopped: moves what waits to the dead-letter queue, as SQS itself does after too many receives. */
  deadLetterWhatWaits(): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Whether mails are sent, to an inbox. Default: false. */
  readonly mail?: boolean;
  /** The event that is open, and of which the mails tell. Default: the summit. */
  readonly event?: EventDefinition;
  /** Content of the file that the event names. */
  readonly logo?: string;
}

export async function openStage({ mail = false, event, logo }: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "turnout-browser-"));
  const stacks: LocalStack[] = [];
  const receiptKeys = `stage:${randomBytes(32).toString("base64")}`;
  const receipts = createReceipts(parseReceiptKeys(receiptKeys));

  function eventFile(definition: EventDefinition, logoText?: string): string {
    const file = join(folder, `event-${stacks.length}.json`);
    if (definition.logo !== undefined && logoText !== undefined) writeFileSync(join(folder, definition.logo), logoText);
    writeFileSync(file, JSON.stringify(definition));
    return file;
  }

  async function start(...[options]: Parameters<typeof createLocalStack>): Promise<LocalStack> {
    const stack = createLocalStack({ periodicTasks: false, ...options });
    stacks.push(stack);
    await stack.start();
    return stack;
  }

  const close = async () => {
    main?.kill("sqs", "SIGCONT");
    for (const stack of stacks.toReversed()) await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  };

  let main: LocalStack | undefined;
  try {
    // Short, so that a queue that is down is found out before a test times out.
    const environment = {
      EVENT_FILE: eventFile(event ?? summit(-hourMs), logo),
      RECEIPT_KEYS: receiptKeys,
      SEND_TIMEOUT_MS: "1500",
      SEND_ATTEMPTS: "1",
    };
    main = await start({ environment, mail });
  } catch (error) {
    await close();
    throw error;
  }
  const stack = main;
  const { QUEUE_URL: queueUrl, DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl, AWS_REGION: region } = stack.environment;
  const { AWS_ENDPOINT_URL_SQS: sqsUrl, AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl } = stack.environment;

  async function addWeb(file: string, more: Environment = {}, withMail = false): Promise<string> {
    const environment = {
      EVENT_FILE: file,
      RECEIPT_KEYS: receiptKeys,
      AWS_ENDPOINT_URL_SQS: sqsUrl,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl,
      ...more,
    };
    return (await start({ tiers: ["web"], environment, mail: withMail })).urls.web!;
  }

  function openSqs() {
    Object.assign(process.env, stack.environment);
    return createSqsClient({ region: region!, requestTimeoutMs: 20_000, maxAttempts: 3 });
  }

  let mailing: Promise<string> | undefined;

  /** With an inbox of its own, since what is a matter of the local stack cannot be set by variables. */
  const addMailing = () => addWeb(eventFile(summit(-hourMs)), {}, true);

  return {
    commandEnvironment: commandEnvironment(stack),
    openUrl: stack.urls.web!,
    inboxUrl: stack.urls.mail,
    addEvent: (further, picture) => addWeb(eventFile(further, picture)),
    mailingUrl: () => (mailing ??= addMailing()),
    asMailed(statusUrl) {
      const url = new URL(statusUrl);
      const content = receipts.open(url.pathname.replace("/registrations/", ""));
      if (!content) throw new Error("It has no receipt of this stage.");
      return new URL(`/registrations/${receipts.seal({ ...content, mailbox: true })}`, url).href;
    },
    stopQueue: () => void stack.kill("sqs", "SIGSTOP"),
    resumeQueue: () => void stack.kill("sqs", "SIGCONT"),
    stopWorker: () => stack.process("worker").stop(),
    resumeWorker: () => stack.process("worker").start(),
    async deadLetterWhatWaits() {
      const sqs = openSqs();
      try {
        let moved = 0;
        for (;;) {
          const receive = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }))).Messages?.[0];
          // What the engine has given to a worker that was just stopped comes again.
          const message =
            moved > 0 ? await receive() : await eventually(receive, "something waits on the queue", 60_000);
          if (!message) return;
          await sqs.send(
            new SendMessageCommand({
              QueueUrl: deadLetterQueueUrl,
              MessageBody: message.Body,
              MessageAttributes: { [deadLetterAttributes.reason]: { DataType: "String", StringValue: "crash-loop" } },
            }),
          );
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
          moved += 1;
        }
      } finally {
        sqs.destroy();
      }
    },
    close,
  };
}
