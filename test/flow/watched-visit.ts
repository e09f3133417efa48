/** Registers an address over HTTP and follows its status, and writes down everything that can be seen of it from outside. */
import { request, type Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Visit } from "../equipment/distinguisher.ts";

export interface VisitOptions {
  readonly web: string;
  readonly agent: Agent;
  readonly email: string;
  readonly known: boolean;
  /** What happens between the acceptance and the first poll. */
  readonly beforePoll?: () => Promise<unknown>;
  /** Milliseconds between two polls. */
  readonly pauseMs: () => number;
}

interface Seen {
  readonly status: number;
  readonly headers: string;
  readonly bytes: number;
  readonly body: string;
  readonly ms: number;
}

const timeoutMs = 600_000;
/** They differ from one reply to the next, whoever asks; those that are numbers are compared as numbers. */
const changing = new Set(["date", "location", "retry-after", "content-length"]);

function ask({ web, agent }: VisitOptions, path: string, body?: string): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  const began = performance.now();
  const method = body === undefined ? "GET" : "POST";
  const headers = {
    accept: "application/json",
    ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
  };
  const outgoing = request(new URL(path, web), { agent, method, headers }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => (text += chunk));
    response.once("error", reject);
    response.once("end", () => {
      const ms = performance.now() - began;
      const shown = Object.entries(response.headers).map(([name, value]) => [name, changing.has(name) ? "" : value]);
      const bytes = Number(response.headers["content-length"]);
      resolve({ status: response.statusCode ?? 0, headers: JSON.stringify(shown), bytes, body: text, ms });
    });
  });
  outgoing.once("error", reject);
  outgoing.end(body);
  return promise;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** @returns when the status is settled */
export async function watchVisit(options: VisitOptions): Promise<Visit> {
  const { email, known, beforePoll, pauseMs } = options;
  const reply = await ask(options, "/registrations", JSON.stringify({ email, name: "Somebody" }));
  const acceptedAt = performance.now();
  if (reply.status !== 202) throw new Error(`${reply.status} ${reply.body}`);
  const { receipt, statusUrl } = JSON.parse(reply.body) as { receipt: string; statusUrl: string };
  await beforePoll?.();
  const polls: (Seen & { readonly state: string; readonly waitSeconds: number; readonly retryAfterSeconds: number })[] =
    [];
  let settledMs = 0;
  for (;;) {
    const poll = await ask(options, statusUrl);
    if (poll.status !== 200) throw new Error(`${poll.status} ${poll.body}`);
    const said = JSON.parse(poll.body) as Record<string, string | number>;
    const { status, submittedAt: _, estimatedWaitSeconds = -1, retryAfterSeconds = -1, ...rest } = said;
    const more = JSON.stringify([Object.keys(said), rest]);
    const state = String(status);
    polls.push({
      ...poll,
      body: more,
      state,
      waitSeconds: Number(estimatedWaitSeconds),
      retryAfterSeconds: Number(retryAfterSeconds),
    });
    settledMs = performance.now() - acceptedAt;
    if (state !== "pending") break;
    if (settledMs > timeoutMs) throw new Error(`still ${state} after ${Math.round(settledMs)} ms`);
    await delay(pauseMs());
  }
  const [first] = polls;
  const last = polls.at(-1);
  const times = polls.map(({ ms }) => ms);
  return {
    known,
    features: {
      "the reply": `${reply.status} ${reply.headers} ${reply.body.replaceAll(receipt, "R")}`,
      "the reply's time": reply.ms,
      "the reply's length": reply.bytes - 2 * receipt.length,
      "the first poll": `${first?.state} ${first?.headers} ${first?.body}`,
      "the first poll's state": first?.state ?? "",
      "the first poll's time": first?.ms ?? 0,
      "the first poll's wait": first?.waitSeconds ?? 0,
      "the first poll's pause": first?.retryAfterSeconds ?? 0,
      "the last poll": `${last?.state} ${last?.headers} ${last?.body}`,
      "the last poll's time": last?.ms ?? 0,
      "the states": polls
        .map(({ state }) => state)
        .filter((state, index, all) => state !== all[index - 1])
        .join(" "),
      "the polls' headers": [...new Set(polls.map(({ headers }) => headers))].toSorted().join(" "),
      "the number of polls": polls.length,
      "the mean length of a poll": mean(polls.map(({ bytes }) => bytes)),
      "the mean pause asked for": mean(polls.map(({ retryAfterSeconds }) => retryAfterSeconds)),
      "the mean wait told": mean(polls.map(({ waitSeconds }) => waitSeconds)),
      "the mean time of a poll": mean(times),
      "the longest time of a poll": Math.max(...times),
      "the time until it is settled": settledMs,
    },
  };
}
