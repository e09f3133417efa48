/** Goes in where attendees do: posts a registration to the web tier, over kept-alive connections, once. */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { urlToHttpOptions } from "node:url";
import type { Submission } from "../../shared/registration/submission-schema.ts";

export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

export interface Reply {
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
  /** `TURNOUT_…` of a problem; of a failed connection the system's code. */
  readonly code?: string;
  /** What a problem says. */
  readonly detail?: string;
  readonly faults?: readonly Fault[];
  /** When the server asks to be asked again. */
  readonly retryAfterSeconds?: number;
}

export interface FrontDoor {
  /**
   * Never rejects.
   * @param idempotencyKey the same for each retry of a submission
   */
  post(submission: Submission, idempotencyKey: string): Promise<Reply>;
  /** Ends the connections. Safe to call twice. */
  close(): void;
}

export interface FrontDoorOptions {
  /** Origin of the web tier, such as https://register.example.org */
  readonly url: string;
  /** Connections at once, at least 1. */
  readonly maxConnections: number;
  /** After which an attendee gives up waiting. Default: 20 s, more than the web tier ever takes. */
  readonly timeoutMs?: number;
}

const maxProblemCharacters = 65_536;

function readProblem(text: string): Pick<Reply, "code" | "detail" | "faults"> {
  try {
    const { code, detail, errors } = JSON.parse(text) as { code?: unknown; detail?: unknown; errors?: unknown };
    return {
      ...(typeof code === "string" && { code }),
      ...(typeof detail === "string" && { detail }),
      ...(Array.isArray(errors) && { faults: errors as Fault[] }),
    };
  } catch {
    // A proxy between us and the web tier answers in its own words.
    return {};
  }
}

function readRetryAfter(header: string | undefined): Pick<Reply, "retryAfterSeconds"> {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterSeconds: seconds } : {};
}

export function createFrontDoor({ url, maxConnections, timeoutMs = 20_000 }: FrontDoorOptions): FrontDoor {
  const target = new URL("/registrations", url);
  const secure = target.protocol === "https:";
  // Once: it is a good part of what a request costs.
  const { protocol, hostname, port, path } = urlToHttpOptions(target);
  const place = { protocol, hostname, port, path, method: "POST" };
  const Agent = secure ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections, scheduling: "lifo" });
  const request = secure ? httpsRequest : httpRequest;

  return {
    post(submission, idempotencyKey) {
      const { promise, resolve } = Promise.withResolvers<Reply>();
      const body = JSON.stringify(submission);
      const headers = {
        accept: "application/json",
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "idempotency-key": idempotencyKey,
      };
      const outgoing = request({ ...place, agent, headers }, (response) => {
        const { statusCode: status = 0, headers: received } = response;
        let text = "";
        response.once("error", (error: NodeJS.ErrnoException) =>
          resolve({ status: null, code: error.code ?? error.name }),
        );
        response.once("end", () => {
          resolve({ status, ...readRetryAfter(received["retry-after"]), ...(status === 202 ? {} : readProblem(text)) });
        });
        if (status === 202) response.resume();
        else {
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            if (text.length < maxProblemCharacters) text += chunk;
          });
        }
      });
      outgoing.setTimeout(timeoutMs, () =>
        outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })),
      );
      outgoing.once("error", (error: NodeJS.ErrnoException) =>
        resolve({ status: null, code: error.code ?? error.name }),
      );
      outgoing.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };
}

/** Codes of a 503 after which nothing can have been enqueued. */
const notEnqueued: ReadonlySet<string> = new Set(["TURNOUT_OVERLOADED", "TURNOUT_STOPPING"]);

/** @returns what an attendee may conclude from a reply; only a 202 is a promise */
export function outcomeOf({ status, code }: Reply): "accepted" | "rejected" | "unknown" {
  if (status === 202) return "accepted";
  if (status === null) return code === "ECONNREFUSED" ? "rejected" : "unknown";
  if (status >= 400 && status < 500) return "rejected";
  return status === 503 && code !== undefined && notEnqueued.has(code) ? "rejected" : "unknown";
}
