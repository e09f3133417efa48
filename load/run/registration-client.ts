/**
 * Posts registrations to the web tier as attendees' browsers do, corrects and withdraws them, over kept-alive
 * connections, and tells what came back.
 */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { urlToHttpOptions } from "node:url";
import type { Submission } from "../../shared/registration/submission-schema.ts";
import type { LoadItem } from "../people/load-item.ts";

export interface ValidationError {
  readonly pointer: string;
  readonly detail: string;
}

export interface Reply {
  /** HTTP status; null if no answer came. */
  readonly status: number | null;
  /** `TURNOUT_…` of a problem document; the system's error code of a failed connection. */
  readonly code?: string;
  /** Of a problem document. */
  readonly detail?: string;
  readonly errors?: readonly ValidationError[];
  readonly retryAfterSeconds?: number;
  /** Of a 202, if the public HTTP API was asked to read it. */
  readonly statusUrl?: string;
}

/** What somebody submits beside the address. */
export type SubmittedContent = Omit<Submission, "email">;

/** A request and its answer, as the ledger keeps it. */
export interface Attempt {
  readonly item: LoadItem;
  readonly reply: Reply;
  readonly outcome: ReturnType<typeof outcomeOf>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface RegistrationClient {
  /**
   * Never rejects.
   * @param idempotencyKey the same for each retry of a submission
   * @param language that is asked for. Default: none
   */
  post(submission: Submission, idempotencyKey: string, language?: string): Promise<Reply>;
  /**
   * Corrects the registration of a receipt: all of it but its address. Never rejects. Each call is a correction of its
   * own; the receipt for the next one is in the reply.
   */
  correct(receipt: string, content: SubmittedContent): Promise<Reply>;
  /** Withdraws the registration of a receipt. Never rejects. */
  withdraw(receipt: string): Promise<Reply>;
  /** Ends the connections. Safe to call twice. */
  close(): void;
}

export interface RegistrationClientOptions {
  /** Origin of the web tier, such as https://register.example.org */
  readonly url: string;
  /** At least 1. */
  readonly maxConnections: number;
  /** After which an attendee gives up waiting. Default: 20 s, longer than the web tier ever takes. */
  readonly timeoutMs?: number;
  /** Whether to read the body of a 202, which a load generator saves itself. Default: no. */
  readonly readStatusUrl?: boolean;
}

const maxBodyCharacters = 65_536;
const path = "/registrations";

function readBody(text: string): Pick<Reply, "code" | "detail" | "errors" | "statusUrl"> {
  try {
    const { code, detail, errors, statusUrl } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof code === "string" && { code }),
      ...(typeof detail === "string" && { detail }),
      ...(Array.isArray(errors) && { errors: errors as ValidationError[] }),
      ...(typeof statusUrl === "string" && { statusUrl }),
    };
  } catch {
    // A proxy in between answers with a page of its own.
    return {};
  }
}

function readRetryAfter(header: string | undefined): Pick<Reply, "retryAfterSeconds"> {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterSeconds: seconds } : {};
}

export function createRegistrationClient(options: RegistrationClientOptions): RegistrationClient {
  const { maxConnections, timeoutMs = 20_000, readStatusUrl = false } = options;
  const target = new URL(path, options.url);
  const secure = target.protocol === "https:";
  // Parsed once, because this is a good part of what a request costs.
  const { protocol, hostname, port } = urlToHttpOptions(target);
  const place = { protocol, hostname, port };
  const Agent = secure ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections, scheduling: "lifo" });
  const request = secure ? httpsRequest : httpRequest;

  function send(
    method: "POST" | "PUT" | "DELETE",
    at: string,
    content?: object,
    further: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const fail = ({ code, name }: NodeJS.ErrnoException) => resolve({ status: null, code: code ?? name });
    const body = content === undefined ? undefined : JSON.stringify(content);
    const headers = {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...further,
    };
    const outgoing = request({ ...place, path: at, method, agent, headers }, (response) => {
      const { statusCode: status = 0, headers: received } = response;
      const skipBody = status === 202 && !readStatusUrl;
      let text = "";
      response.once("error", fail);
      response.once("end", () => {
        resolve({ status, ...readRetryAfter(received["retry-after"]), ...(skipBody ? {} : readBody(text)) });
      });
      if (skipBody) response.resume();
      else {
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          if (text.length < maxBodyCharacters) text += chunk;
        });
      }
    });
    outgoing.setTimeout(timeoutMs, () =>
      outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })),
    );
    outgoing.once("error", fail);
    outgoing.end(body);
    return promise;
  }

  return {
    post: (submission, idempotencyKey, language) =>
      send("POST", path, submission, {
        "idempotency-key": idempotencyKey,
        ...(language !== undefined && { "accept-language": language }),
      }),
    correct: (receipt, content) => send("PUT", `${path}/${receipt}`, content),
    withdraw: (receipt) => send("DELETE", `${path}/${receipt}`),
    close: () => agent.destroy(),
  };
}

/** Sends one registration. Never rejects. */
export async function attempt(client: Pick<RegistrationClient, "post">, item: LoadItem): Promise<Attempt> {
  const startedAt = Date.now();
  const reply = await client.post(item.submission, item.idempotencyKey, item.language);
  return { item, reply, outcome: outcomeOf(reply), startedAt, endedAt: Date.now() };
}

/** Codes of a 503 after which the registration cannot be on the queue. */
const notEnqueued: ReadonlySet<string> = new Set(["TURNOUT_OVERLOADED", "TURNOUT_PAUSED", "TURNOUT_STOPPING"]);

/** @returns what an attendee may conclude from a reply; only a 202 is a promise */
export function outcomeOf({ status, code }: Reply): "accepted" | "rejected" | "unknown" {
  if (status === 202) return "accepted";
  if (status === null) return code === "ECONNREFUSED" ? "rejected" : "unknown";
  if (status >= 400 && status < 500) return "rejected";
  return status === 503 && code !== undefined && notEnqueued.has(code) ? "rejected" : "unknown";
}

/** @returns the answer in a few words, to count equal ones */
export function describeReply({ status, code }: Reply): string {
  return `${status ?? "no answer"} ${code ?? ""}`.trim();
}
