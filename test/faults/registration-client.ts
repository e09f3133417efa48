/** Goes in where attendees do: posts a registration to a web tier and tells what is known afterwards. */
import { Agent, request } from "node:http";

export interface Submission {
  readonly email: string;
  readonly name: string;
  readonly answers?: Readonly<Record<string, string | number | boolean>>;
}

export interface Reply {
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
  /** `TURNOUT_…` of a problem. */
  readonly code?: string;
  /** Path at which to ask what became of it; only with 202. */
  readonly statusUrl?: string;
  /** Nobody listened, so nothing was sent. */
  readonly neverSent: boolean;
}

export interface RegistrationClient {
  /** Never rejects. @param idempotencyKey the same for each retry of a submission */
  post(webUrl: string, submission: Submission, idempotencyKey: string): Promise<Reply>;
  /** @returns the status of a registration, undefined when it could not be had */
  status(webUrl: string, statusUrl: string): Promise<string | undefined>;
  close(): void;
}

export type Outcome = "accepted" | "rejected" | "unknown";

/** Codes of a 503 after which nothing can have been enqueued. */
const notEnqueued: ReadonlySet<string> = new Set(["TURNOUT_OVERLOADED", "TURNOUT_NOT_OPEN_YET", "TURNOUT_STOPPING"]);

/** @returns what an attendee may conclude from a reply; only a 202 is a promise */
export function outcomeOf({ status, code, neverSent }: Reply): Outcome {
  if (neverSent) return "rejected";
  if (status === 202) return "accepted";
  if (status !== null && status >= 400 && status < 500) return "rejected";
  return status === 503 && code !== undefined && notEnqueued.has(code) ? "rejected" : "unknown";
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** @param timeoutMs after which an attendee gives up waiting; default 20 s, more than a tier ever takes */
export function createRegistrationClient(timeoutMs = 20_000): RegistrationClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024, scheduling: "lifo" });

  function ask(url: URL, method: string, headers: Record<string, string | number>, body?: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = request(
      url,
      { agent, method, headers: { accept: "application/json", ...headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.once("error", reject);
        response.once("end", () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text || "{}") as Record<string, unknown> });
          } catch (error) {
            reject(error);
          }
        });
        response.once("close", () => reject(new Error("the answer broke off")));
      },
    );
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error("no answer in time")));
    outgoing.once("error", reject);
    outgoing.end(body);
    return promise;
  }

  return {
    async post(webUrl, submission, idempotencyKey) {
      const body = JSON.stringify(submission);
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "idempotency-key": idempotencyKey,
      };
      try {
        const { status, body: answer } = await ask(new URL("/registrations", webUrl), "POST", headers, body);
        const { code, statusUrl } = answer;
        return {
          status,
          ...(typeof code === "string" && { code }),
          ...(typeof statusUrl === "string" && { statusUrl }),
          neverSent: false,
        };
      } catch (error) {
        return { status: null, neverSent: (error as NodeJS.ErrnoException).code === "ECONNREFUSED" };
      }
    },
    async status(webUrl, statusUrl) {
      try {
        const { status, body } = await ask(new URL(statusUrl, webUrl), "GET", {});
        return status === 200 ? String(body.status) : undefined;
      } catch {
        return undefined;
      }
    },
    close() {
      agent.destroy();
    },
  };
}
