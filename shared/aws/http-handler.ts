/**
 * How the AWS clients send an attempt: over a kept-alive connection, with one time limit for all of it. It takes the place
 * of the SDK's own handler, which costs a call several times as much and stops counting at the answer's head.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { SQSClient } from "@aws-sdk/client-sqs";

type HttpHandler = SQSClient["config"]["requestHandler"];
type Handle = HttpHandler["handle"];

export interface HttpHandlerOptions {
  /** Time limit of connecting, milliseconds. */
  readonly connectionTimeoutMs: number;
  /** Time limit of an attempt, from connecting to the last byte of the answer, milliseconds. */
  readonly requestTimeoutMs: number;
}

/** Connections at most. Callers keep the attempts below it: waiting for a free one would count into an attempt's time. */
export const maxSockets = 256;
/** Last used, first reused: idle connections can close, busy ones stay warm. */
const agentOptions = { keepAlive: true, maxSockets, scheduling: "lifo" } as const;

/** Named as the SDK's retries know it. */
function timeoutError(detail: string): Error {
  return Object.assign(new Error(detail), { name: "TimeoutError", code: "ETIMEDOUT" });
}

/** Named as the SDK does it: an attempt that was given up is not repeated. */
function abortError(cause: unknown): Error {
  return Object.assign(new Error("The call was given up.", { cause }), { name: "AbortError" });
}

/**
 * @returns a handler for requests with a text or bytes as body and without a query, as SQS, DynamoDB, CloudWatch and SES
 *   get them. It rejects with `TimeoutError`, `AbortError`, or what Node says of the connection
 */
export function createHttpHandler({ connectionTimeoutMs, requestTimeoutMs }: HttpHandlerOptions): HttpHandler {
  const http = { agent: new HttpAgent(agentOptions), request: httpRequest };
  const https = { agent: new HttpsAgent(agentOptions), request: httpsRequest };

  function handle({ protocol, ...asked }: Parameters<Handle>[0], options: { readonly abortSignal?: unknown } = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Handle>>>();
    const signal = options.abortSignal as AbortSignal | undefined;
    if (signal?.aborted) {
      reject(abortError(signal.reason));
      return promise;
    }
    const { agent, request } = protocol === "https:" ? https : http;
    const attempt = request({
      agent,
      host: asked.hostname,
      port: asked.port,
      method: asked.method,
      path: asked.path,
      headers: asked.headers,
    });
    const whole = setTimeout(
      () => fail(timeoutError(`The answer was not complete within ${requestTimeoutMs} ms.`)),
      requestTimeoutMs,
    );
    let connecting: NodeJS.Timeout | undefined;
    const giveUp = () => fail(abortError(signal?.reason));

    function settle(): void {
      clearTimeout(whole);
      clearTimeout(connecting);
      signal?.removeEventListener("abort", giveUp);
    }

    function fail(error: Error): void {
      settle();
      attempt.destroy();
      reject(error);
    }

    function read(answer: IncomingMessage): void {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", fail);
      answer.on("end", () => {
        settle();
        const [first = Buffer.alloc(0)] = chunks;
        const body = chunks.length > 1 ? Buffer.concat(chunks) : first;
        const headers = answer.headers as Record<string, string>;
        resolve({ response: { statusCode: answer.statusCode ?? 0, headers, body } } as Awaited<ReturnType<Handle>>);
      });
    }

    attempt.on("error", fail);
    attempt.on("response", read);
    attempt.once("socket", (socket) => {
      if (!socket.connecting) return;
      connecting = setTimeout(
        () => fail(timeoutError(`There was no connection within ${connectionTimeoutMs} ms.`)),
        connectionTimeoutMs,
      );
      socket.once("connect", () => clearTimeout(connecting));
    });
    signal?.addEventListener("abort", giveUp, { once: true });
    attempt.end(asked.body);
    return promise;
  }

  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle,
    destroy() {
      http.agent.destroy();
      https.agent.destroy();
    },
    updateHttpClientConfig() {
      // Nothing of it can be set from outside.
    },
    httpHandlerConfigs: () => ({}),
  };
}
