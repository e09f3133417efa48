/**
 * Stands between the AWS SDK and an engine, on a port of its own, and speaks AWS's JSON protocol: every call is noted, and
 * may be answered in the engine's place, altered, held, cut or swallowed. So a test can have what no engine offers:
 * throttling, denied access, partly failed batches, wrong checksums, answers that get lost.
 */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type Input = Record<string, unknown>;

export interface AwsCall {
  /** Such as `SendMessage`. */
  readonly operation: string;
  readonly input: Input;
  /** How many calls of this operation came before. */
  readonly index: number;
}

export type Intervention =
  /** Answered here; the engine never hears of it. */
  | { readonly status?: number; readonly answer: Input; readonly headers?: Record<string, string> }
  /** The engine does it; its successful answer is changed on the way back. */
  | { readonly alter: (answer: Input) => Input }
  /** Taken and never answered; the engine never hears of it. */
  | "swallow"
  /** The connection is cut before the engine hears of it. */
  | "cut"
  /** The engine does it and the connection is cut before its answer. */
  | "lose the answer";

/** @returns what is to be done with a call; undefined lets it pass */
export type Intervene = (call: AwsCall) => Intervention | undefined | Promise<Intervention | undefined>;

export interface AwsProxy {
  readonly url: string;
  /** Every call so far, oldest first, whatever became of it. */
  readonly calls: AwsCall[];
  /** @returns the calls of one operation, oldest first */
  callsOf(operation: string): AwsCall[];
  /** From now on this decides; nothing lets all pass. */
  intervene(with_?: Intervene): void;
  close(): Promise<void>;
}

/** An error as DynamoDB and SQS send it. @param name such as `ThrottlingException` */
export function awsError(name: string, message = `injected ${name}`, status = 400): Intervention {
  return { status, answer: { __type: `com.amazonaws#${name}`, message } };
}

/** @param upstream URL of the engine */
export async function startAwsProxy(upstream: string): Promise<AwsProxy> {
  const calls: AwsCall[] = [];
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const agent = new Agent({ keepAlive: true });
  let decide: Intervene = () => undefined;

  async function forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ response: IncomingMessage; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ response: IncomingMessage; text: string }>();
    const headers = { ...incoming.headers, host: new URL(upstream).host };
    const outgoing = request(new URL(incoming.url ?? "/", upstream), { agent, method: "POST", headers }, (response) => {
      void readAll(response).then((text) => resolve({ response, text: text.toString() }), reject);
    });
    outgoing.once("error", reject);
    outgoing.end(body);
    return promise;
  }

  function send(reply: ServerResponse, status: number, headers: Record<string, string>, text: string): void {
    const length = Buffer.byteLength(text);
    reply.writeHead(status, { "content-type": "application/x-amz-json-1.0", ...headers, "content-length": length });
    reply.end(text);
  }

  async function handle(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "";
    const index = counts.get(operation) ?? 0;
    counts.set(operation, index + 1);
    const call: AwsCall = { operation, input: JSON.parse(body.toString() || "{}") as Input, index };
    calls.push(call);
    const intervention = await decide(call);
    if (intervention === "swallow") return;
    if (intervention === "cut") return void incoming.socket.destroy();
    if (typeof intervention === "object" && "answer" in intervention) {
      const { status = 200, answer, headers = {} } = intervention;
      return send(reply, status, headers, JSON.stringify(answer));
    }
    const { response, text } = await forward(incoming, body);
    if (intervention === "lose the answer") return void incoming.socket.destroy();
    const status = response.statusCode ?? 500;
    const altered =
      intervention && status === 200 ? JSON.stringify(intervention.alter(JSON.parse(text || "{}") as Input)) : text;
    const named = response.headers["x-amzn-query-error"];
    send(reply, status, typeof named === "string" ? { "x-amzn-query-error": named } : {}, altered);
  }

  const server = createServer((incoming, reply) => {
    handle(incoming, reply).catch(() => incoming.socket.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    callsOf: (operation) => calls.filter((call) => call.operation === operation),
    intervene(with_ = () => undefined) {
      decide = with_;
    },
    async close() {
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
