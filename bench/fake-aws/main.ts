/**
 * A fake AWS endpoint as lab equipment: SQS, DynamoDB and SES in the SDK's own protocols, on one port, each answer after a
 * set time. It is no engine: it counts what it was given and makes up what it is asked for, so that its own cost stays
 * small and the same, and what differs between two runs is the program under test.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerQuestions } from "../equipment/questions.ts";
import { createFakeMail } from "./mail.ts";
import { createFakeQueue, type QueueCounts, type Supply } from "./queue.ts";
import type { RollCount } from "./roll.ts";
import { createFakeTable, RejectedByTable, type TableCounts } from "./table.ts";

export interface Latencies {
  /** Of SendMessage and SendMessageBatch, milliseconds. */
  readonly sendMs: number;
  /** Of everything else. */
  readonly otherMs: number;
}

export interface AwsCounts {
  readonly queue: QueueCounts;
  readonly table: TableCounts;
  /** People to whom SES took a mail. */
  readonly mailsSent: RollCount;
  /** Calls that it could not answer, in words; there should be none. */
  readonly errors: readonly string[];
}

const queue = createFakeQueue();
const table = createFakeTable();
const mails = createFakeMail();
const errors: string[] = [];
let latencies: Latencies = { sendMs: 10, otherMs: 5 };

function reply(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(text),
    "x-amzn-requestid": "bench",
  });
  response.end(text);
}

async function answer(target: string, body: string, response: ServerResponse): Promise<void> {
  const [service = "", operation = ""] = target.split(".");
  const latencyMs = operation.startsWith("SendMessage") ? latencies.sendMs : latencies.otherMs;
  try {
    const input = JSON.parse(body) as Record<string, unknown>;
    const isGone = () => response.destroyed;
    const result =
      service === "AmazonSQS" ? await queue.answer(operation, input, isGone) : table.answer(operation, input);
    setTimeout(() => reply(response, 200, result), latencyMs);
  } catch (error) {
    const rejected = error instanceof RejectedByTable;
    if (!rejected && errors.length < 20) errors.push(error instanceof Error ? error.message : String(error));
    const name = rejected ? error.message : "InternalFailure";
    setTimeout(() => reply(response, rejected ? 400 : 500, { __type: `com.amazonaws#${name}` }), latencyMs);
  }
}

function answerMail(method: string, path: string, body: string, response: ServerResponse): void {
  const result = mails.answer(method, path, body);
  if (!result && errors.length < 20) errors.push(`the fake SES does not know ${method} ${path}`);
  setTimeout(() => reply(response, result ? 200 : 500, result ?? {}), latencies.otherMs);
}

const server = createServer((request: IncomingMessage, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    const target = request.headers["x-amz-target"];
    // SES is asked by method and path.
    if (target === undefined) answerMail(request.method ?? "", request.url ?? "", body, response);
    else void answer(String(target), body, response);
  });
});
server.keepAliveTimeout = 120_000;
const listening = Promise.withResolvers<string>();
server.listen(0, "127.0.0.1", () => {
  listening.resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

answerQuestions({
  url: () => listening.promise,
  counts: (): AwsCounts => ({ queue: queue.counts(), table: table.counts(), mailsSent: mails.count(), errors }),
  supply(supply: Supply) {
    if (supply.mails) table.storeEverybody();
    queue.supply(supply);
  },
  latencies(given: Latencies) {
    latencies = given;
  },
  clear() {
    queue.clear();
    table.clear();
    mails.clear();
    errors.length = 0;
  },
});
