/** Speaks to an engine in the place of a client, and knows what an answer of AWS looks like. */
import { Agent, request, type IncomingMessage } from "node:http";
import type { Exchange } from "./exchange.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

export interface EngineClient {
  /**
   * @param body in the place of the client's own
   * @throws Error when the engine is not there
   */
  ask(exchange: Exchange, path: string, body: Buffer | string): Promise<Answer>;
  close(): void;
}

/** @returns an error as both services send it */
export function errorAnswer(name: string, status: number, message = `injected ${name}`): Answer {
  return {
    status,
    headers: { "x-amzn-errortype": name, "x-amzn-query-error": `${name};${status < 500 ? "Sender" : "Receiver"}` },
    text: JSON.stringify({ __type: `com.amazonaws#${name}`, message }),
  };
}

export async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function createEngineClient(upstream: string): EngineClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const { host } = new URL(upstream);

  return {
    ask({ headers }, path, body) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const own = { ...headers, host, "content-length": String(Buffer.byteLength(body)) };
      const outgoing = request(new URL(path, upstream), { agent, method: "POST", headers: own }, (response) => {
        const { "x-amzn-query-error": named } = response.headers;
        readAll(response).then(
          (bytes) =>
            resolve({
              status: response.statusCode ?? 500,
              headers: typeof named === "string" ? { "x-amzn-query-error": named } : {},
              text: bytes.toString(),
            }),
          reject,
        );
      });
      outgoing.once("error", reject);
      outgoing.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };
}
