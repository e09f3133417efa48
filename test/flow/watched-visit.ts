/** Registers an address over HTTP and follows its status, and writes down everything that can be seen of it from outside. */
import { request, type Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Visit } from "../equipment/distinguisher.ts";

export interface Visitor {
  readonly web: string;
  readonly agent: Agent;
}

export interface VisitOptions extends Visitor {
  readonly email: string;
  readonly known: boolean;
  /** What happens between the acceptance and the first poll. */
  readonly beforePoll?: () => Promise<unknown>;
  /** Milliseconds between two polls. */
  readonly pauseMs: () => number;
}

export interface Seen {
  readonly status: number;
  readonly headers: string;
  readonly bytes: number;
  readonly body: string;
  readonly ms: number;
}

const timeoutMs = 600_000;
/** They differ from one reply to the next, whoever asks; those that are numbers are compared as numbers. */
const changing = new Set(["date", "location", "retry-after", "content-length"]);

type Method = "GET" | "POST" | "PUT" | "DELETE";

const busyPauseMs = 200;

/** Repeats what was shed, as everybody is told to. */
export async function ask(visitor: Visitor, method: Method, path: string, body?: string): Promise<Seen> {
  for (;;) {
    const seen = await askOnce(visitor, method, path, body);
    if (seen.status !== 503) return seen;
    await delay(busyPauseMs);
  }
}

function askOnce({ web, agent }: Visitor, method: Method, path: string, body: string | undefined): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  const began = performance.now();
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

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

export interface Poll extends Seen {
  readonly state: string;
  readonly waitSeconds: number;
  readonly retryAfterSeconds: number;
}

/** @returns all polls of a status until it is what is waited for */
export async function watchStatus(
  visitor: Visitor & Pick<VisitOptions, "pauseMs">,
  statusUrl: string,
  isEnd: (state: string) => boolean,
): Promise<Poll[]> {
  const polls: Poll[] = [];
  const began = performance.now();
  for (;;) {
    const poll = await ask(visitor, "GET", statusUrl);
    if (poll.status !== 200) throw new Error(`${poll.status} ${poll.body}`);
    const said = JSON.parse(poll.body) as Record<string, string | number>;
    const {
      status,
      submittedAt: _at,
      reference: _reference,
      estimatedWaitSeconds = -1,
      retryAfterSeconds = -1,
      ...rest
    } = said;
    const state = String(status);
    polls.push({
      ...poll,
      body: JSON.stringify([Object.keys(said), rest]),
      state,
      waitSeconds: Number(estimatedWaitSeconds),
      retryAfterSeconds: Number(retryAfterSeconds),
    });
    if (isEnd(state)) return polls;
    const waitedMs = performance.now() - began;
    if (waitedMs > timeoutMs) throw new Error(`still ${state} after ${Math.round(waitedMs)} ms`);
    await delay(visitor.pauseMs());
  }
}

interface SeenProgress {
  readonly shape: string;
  /** Before the present, seconds; -1: nothing is said of it. */
  readonly storedUntilAgo: number;
  readonly waiting: number;
  readonly waitSeconds: number;
}

async function askProgress(visitor: Visitor): Promise<SeenProgress> {
  const { status, headers, body } = await ask(visitor, "GET", "/progress");
  const said = JSON.parse(body) as { storedUntil: string | null; waiting?: number; estimatedWaitSeconds?: number };
  const { storedUntil, waiting = -1, estimatedWaitSeconds = -1 } = said;
  return {
    shape: `${status} ${headers} ${Object.keys(said).join(" ")}`,
    storedUntilAgo: storedUntil === null ? -1 : (Date.now() - Date.parse(storedUntil)) / 1_000,
    waiting,
    waitSeconds: estimatedWaitSeconds,
  };
}

/** The states one after the other, each once. */
export function statesOf(polls: readonly Poll[]): string {
  return polls
    .map(({ state }) => state)
    .filter((state, index, all) => state !== all[index - 1])
    .join(" ");
}

/** @returns when the status is settled */
export async function watchVisit(options: VisitOptions): Promise<Visit> {
  const { email, known, beforePoll } = options;
  const reply = await ask(options, "POST", "/registrations", JSON.stringify({ email, name: "Somebody" }));
  const acceptedAt = performance.now();
  if (reply.status !== 202) throw new Error(`${reply.status} ${reply.body}`);
  const { receipt, statusUrl } = JSON.parse(reply.body) as { receipt: string; statusUrl: string };
  await beforePoll?.();
  const atFirst = await askProgress(options);
  const polls = await watchStatus(options, statusUrl, (state) => state !== "pending");
  const settledMs = performance.now() - acceptedAt;
  const atLast = await askProgress(options);
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
      "the states": statesOf(polls),
      "the polls' headers": [...new Set(polls.map(({ headers }) => headers))].toSorted().join(" "),
      "the number of polls": polls.length,
      "the mean length of a poll": mean(polls.map(({ bytes }) => bytes)),
      "the mean pause asked for": mean(polls.map(({ retryAfterSeconds }) => retryAfterSeconds)),
      "the mean wait told": mean(polls.map(({ waitSeconds }) => waitSeconds)),
      "the mean time of a poll": mean(times),
      "the longest time of a poll": Math.max(...times),
      "the time until it is settled": settledMs,
      "the first progress": atFirst.shape,
      "the first progress's age": atFirst.storedUntilAgo,
      "the first progress's people": atFirst.waiting,
      "the first progress's wait": atFirst.waitSeconds,
      "the last progress": atLast.shape,
      "the last progress's age": atLast.storedUntilAgo,
      "the last progress's people": atLast.waiting,
      "the last progress's wait": atLast.waitSeconds,
    },
  };
}
