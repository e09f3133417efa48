/**
 * The same comparison on engines that really keep what they are given: the embedded SQS and DynamoDB of `npm start`. Both
 * tiers run at once, as they do in production, so a pack is as large as the web tier really made it. The engines are slow
 * next to AWS and share the machine, so only the CPU of the tiers is a figure here.
 */
import { setTimeout as delay } from "node:timers/promises";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { ScanCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createLocalStack } from "../../local/stack.ts";
import { createDocumentClient, createSqsClient } from "../../shared/aws/aws-clients.ts";
import type { Laboratory, Subject } from "../laboratory.ts";
import { variantNamed } from "../variants.ts";
import { CountsDiffer } from "./trial.ts";

export interface EmbeddedTrial {
  readonly round: number;
  readonly web: string;
  readonly worker: string;
  readonly registrations: number;
  readonly webCpuMicros: number;
  readonly workerCpuMicros: number;
}

const pairs = [
  ["web/product", "worker/product"],
  ["web/send-message", "worker/batch-write"],
] as const;
const connections = 200;
const drainWithinMs = 180_000;
const pollIntervalMs = 100;
const clientOptions = { region: "eu-central-1", requestTimeoutMs: 10_000, maxAttempts: 3 };
const credentials = { accessKeyId: "local", secretAccessKey: "local" };

interface Engines {
  readonly environment: Readonly<Record<string, string>>;
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
}

/** @returns messages on the queue, received ones included */
async function outstanding({ environment, sqs }: Engines): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: environment.QUEUE_URL,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return Object.values(Attributes).reduce((total, count) => total + Number(count), 0);
}

async function countStored({ environment, documents }: Engines): Promise<number> {
  let stored = 0;
  let from: Record<string, unknown> | undefined;
  do {
    const { Count = 0, LastEvaluatedKey } = await documents.send(
      new ScanCommand({ TableName: environment.REGISTRATIONS_TABLE, Select: "COUNT", ExclusiveStartKey: from }),
    );
    stored += Count;
    from = LastEvaluatedKey;
  } while (from);
  return stored;
}

async function drained(engines: Engines): Promise<void> {
  const deadline = performance.now() + drainWithinMs;
  while ((await outstanding(engines)) > 0) {
    if (performance.now() > deadline) throw new CountsDiffer(`the queue was not empty after ${drainWithinMs} ms`);
    await delay(pollIntervalMs);
  }
}

/** @param people measured in each of the two; half as many go before, to warm up */
export async function runEmbedded(laboratory: Laboratory, round: number, people: number): Promise<EmbeddedTrial[]> {
  const stack = createLocalStack({ tiers: [], periodicTasks: false });
  const urls = await stack.start();
  const engines: Engines = {
    environment: stack.environment,
    sqs: createSqsClient({ ...clientOptions, credentials, endpoint: urls.sqs }),
    documents: createDocumentClient({ ...clientOptions, credentials, endpoint: urls.dynamodb }),
  };
  const trials: EmbeddedTrial[] = [];
  try {
    for (const [index, [web, worker]] of pairs.entries()) {
      trials.push(await runPair(laboratory, engines, { round, web, worker, people, firstPerson: index * 1_000_000 }));
    }
  } finally {
    engines.sqs.destroy();
    engines.documents.destroy();
    await stack.stop();
  }
  return trials;
}

interface Pair {
  readonly round: number;
  readonly web: string;
  readonly worker: string;
  readonly people: number;
  readonly firstPerson: number;
}

async function runPair(laboratory: Laboratory, engines: Engines, pair: Pair): Promise<EmbeddedTrial> {
  const { round, people, firstPerson } = pair;
  const started: Subject[] = [];
  const start = (name: string): Subject => {
    const { script, nodeFlags } = variantNamed(name);
    const subject = laboratory.start({ name, script, nodeFlags, env: tierEnvironment(engines) });
    started.push(subject);
    return subject;
  };
  try {
    const web = start(pair.web);
    const worker = start(pair.worker);
    const url = `${await web.url()}/registrations`;
    const before = await countStored(engines);
    const order = { url, connections, body: "submission" as const };
    const warmUp = Math.ceil(people / 2);
    const warm = await laboratory.load.saturate({ ...order, requests: warmUp, firstPerson });
    await drained(engines);
    const [webBefore, workerBefore] = await Promise.all([web.usage(), worker.usage()]);
    const result = await laboratory.load.saturate({ ...order, requests: people, firstPerson: firstPerson + warmUp });
    await drained(engines);
    const [webAfter, workerAfter] = await Promise.all([web.usage(), worker.usage()]);
    const stored = (await countStored(engines)) - before;
    const accepted = warm.accepted + result.accepted;
    if (stored < accepted) {
      throw new CountsDiffer(`${pair.web} on the embedded engines: ${accepted} were accepted, ${stored} stored`);
    }
    return {
      round,
      web: pair.web,
      worker: pair.worker,
      registrations: result.accepted,
      webCpuMicros: (webAfter.cpuMicros - webBefore.cpuMicros) / result.accepted,
      workerCpuMicros: (workerAfter.cpuMicros - workerBefore.cpuMicros) / result.accepted,
    };
  } finally {
    await Promise.all(started.map((subject) => subject.stop()));
  }
}

/** Only what leads to the engines: everything else is as in the other scenarios. */
function tierEnvironment({ environment }: Engines): Record<string, string> {
  const names = [
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    "REGISTRATIONS_TABLE",
    "DEAD_LETTERS_TABLE",
    "OUTCOMES_TABLE",
    "ACTIVITY_TABLE",
    "CONTROLS_TABLE",
  ];
  return Object.fromEntries(names.map((name) => [name, environment[name] ?? ""]));
}
