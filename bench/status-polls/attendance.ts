/**
 * People who register in a backlog and keep the status page open until they are confirmed: how many requests reach the
 * web tier for each. They run the page's own script (`web/page/assets/status-poll.js`) against the web tier's own routes,
 * behind an edge; the queue is a model, and time is simulated.
 */
import { createActivityReader } from "../../shared/activity/reader.ts";
import { parseEvent } from "../../shared/registration/event-definition.ts";
import { createReceipts, parseReceiptKeys, type Receipts } from "../../shared/registration/receipts.ts";
import { decodePack } from "../../shared/registration/registration-pack.ts";
import { openLog } from "../../shared/process/logger.ts";
import { createRegistry } from "../../shared/process/metrics.ts";
import { buildApp } from "../../web/app.ts";
import { createGroupCommit } from "../../web/queue/group-commit.ts";
import { createRecentBacklog } from "../../web/status/recent-backlog.ts";
import { createStatusReader } from "../../web/status/registration-status.ts";
import { createDice } from "../load/arrivals.ts";
import { createBacklogModel, type BacklogModel } from "./backlog-model.ts";
import { createEdge, type Answer, type Edge } from "./edge.ts";
import { passTime, type SimulatedTime } from "./simulated-time.ts";

export interface AttendanceOptions {
  /** Who are counted. */
  readonly people: number;
  /** Between acceptance and storing, of each. */
  readonly waitSeconds: number;
  /** In which they come, evenly: at the pace of the drain, so that the backlog stays as long as it is. */
  readonly arrivalSeconds: number;
  /** Places that keep copies of their own; each person comes by one of them. */
  readonly edges: number;
  /** False: nobody answers `GET /progress`, and pages ask for their status as they did before there was one. */
  readonly hasProgress: boolean;
}

export interface Attendance {
  /** That reached the web tier. */
  readonly requests: { readonly registrations: number; readonly statuses: number; readonly progress: number };
  /** For `GET /progress`, answered at the edge. */
  readonly keptAtEdge: number;
  /** From being stored to being told, seconds. */
  readonly toldAfter: { readonly mean: number; readonly longest: number };
}

interface Accepted {
  readonly receipt: string;
  readonly statusUrl: string;
  readonly retryAfterSeconds: number;
}

interface StatusPoll {
  createStatusPoll(
    statusUrl: string,
    firstPollSeconds: number,
    status: string,
  ): (isQueued: boolean) => Promise<{ kind: string; status?: { status: string } }>;
}
const script = new URL("../../web/page/assets/status-poll.js", import.meta.url).href;

const epoch = Date.parse("2026-03-01T10:00:00Z");
const activityTable = "activity";
/** As `shared/activity/recorder.ts` does. */
const writeEveryMs = 2_000;
/** Of those who were there before: as a rush packs them. */
const packSize = 25;
const seed = 20_260_301;

const event = parseEvent({
  name: "Backlog",
  description: "Everybody waits",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2027-01-01T00:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [],
});

interface Clocks {
  readonly wallClock: () => number;
  readonly now: () => number;
  readonly random: () => number;
}

function buildWeb(model: BacklogModel, receipts: Receipts, { wallClock, now, random }: Clocks) {
  const { estimate } = createActivityReader({ documents: model.documents, table: activityTable, wallClock });
  return buildApp({
    event,
    groupCommit: createGroupCommit({
      async send(body, count) {
        model.send(
          count,
          decodePack(body).registrations.map(({ id }) => id),
        );
      },
      maxSendsInFlight: 4,
      maxWaiting: 10_000,
      maxWaitMs: 10_000,
      now,
    }),
    receipts,
    statuses: createStatusReader({
      wallClock,
      reads: {
        async find({ registrationId }) {
          const at = model.storedAt(registrationId);
          const item = at === undefined ? undefined : { registrationId, storedAt: new Date(at).toISOString() };
          return { item, outcome: undefined, deadLetterState: undefined };
        },
      },
    }),
    readiness: { check: async () => true },
    registry: createRegistry("web"),
    logger: openLog("web", "silent").logger,
    backlog: createRecentBacklog({
      countMessages: async () => model.countMessages(),
      estimate,
      cacheMs: 2_000,
      now,
      wallClock,
    }),
    limits: {
      shedWaitMs: 10_000,
      maxStatusReads: 10_000,
      maxEventLoopDelayMs: 10_000,
      rateLimitPerMinute: 0,
      requestTimeoutMs: 10_000,
      trustedProxies: [],
    },
    eventLoop: { delayMs: () => 0, utilization: () => 0, close() {} },
    wallClock,
    now,
    random,
  });
}

/** Those who were there before come within a minute. */
const rushSeconds = 60;

/**
 * @returns when all are confirmed
 * @throws when somebody is not, after twice the wait
 */
export async function attend(options: AttendanceOptions): Promise<Attendance> {
  const { people, waitSeconds, arrivalSeconds, edges, hasProgress } = options;
  const { createStatusPoll } = (await import(script)) as StatusPoll;
  const dice = createDice(seed);
  const drainPerSecond = people / arrivalSeconds;
  let now = () => 0;
  const wallClock = () => epoch + now();
  const model = createBacklogModel({ drainPerSecond, activityTable, wallClock });
  const receipts = createReceipts(parseReceiptKeys(`k:${Buffer.alloc(32, 7).toString("base64")}`));
  const app = await buildWeb(model, receipts, { wallClock, now: () => now(), random: dice });
  const requests = { registrations: 0, statuses: 0, progress: 0 };
  const delays: number[] = [];
  const failures: unknown[] = [];
  const deadlineMs = (rushSeconds + arrivalSeconds + 2 * waitSeconds) * 1_000;
  let progressAsked = 0;

  async function origin(method: "GET" | "POST", path: string, payload?: string): Promise<Answer> {
    if (path === "/progress") {
      if (!hasProgress) return { status: 404, headers: {}, body: "" };
      requests.progress += 1;
    } else if (method === "POST") requests.registrations += 1;
    else requests.statuses += 1;
    const headers = { "content-type": "application/json" };
    const reply = await app.inject({ method, url: path, ...(payload !== undefined && { payload, headers }) });
    return { status: reply.statusCode, headers: reply.headers, body: reply.body };
  }

  function startTime(time: SimulatedTime): void {
    ({ now } = time);
    const places = Array.from({ length: edges }, () => createEdge({ origin, now }));
    const ask: Edge["ask"] = (...request) => {
      const place = places[Math.floor(dice() * edges)];
      if (!place) throw new Error("there is no edge");
      return time.hold(place.ask(...request));
    };

    globalThis.fetch = (async (url: string) => {
      if (url === "/progress") progressAsked += 1;
      const { status, headers, body } = await ask("GET", url);
      const header = (name: string) => headers[name] ?? null;
      return { ok: status === 200, headers: { get: header }, json: async () => JSON.parse(body) as unknown };
    }) as unknown as typeof fetch;

    async function register(number: number): Promise<void> {
      const body = JSON.stringify({ email: `a${number}@example.org`, name: "Ada", answers: {} });
      const reply = await ask("POST", "/registrations", body);
      const { receipt, statusUrl, retryAfterSeconds } = JSON.parse(reply.body) as Accepted;
      const poll = createStatusPoll(statusUrl, retryAfterSeconds, "pending");
      for (;;) {
        const answer = await poll(true);
        if (answer.kind === "missed") throw new Error("a status was not answered");
        if (now() > deadlineMs) throw new Error("somebody is still not confirmed");
        if (answer.status?.status === "confirmed") break;
      }
      delays.push(now() - ((model.storedAt(receipts.open(receipt)?.registrationId ?? "") ?? NaN) - epoch));
    }

    function writeActivity(): void {
      model.writeActivity();
      if (delays.length + failures.length < people) time.at(now() + writeEveryMs, writeActivity);
    }

    const before = (waitSeconds + rushSeconds) * drainPerSecond;
    const packs = Math.ceil(before / packSize);
    for (let pack = 0; pack < packs; pack += 1) {
      time.at((pack / packs) * rushSeconds * 1_000, () => model.send(Math.round(before / packs)));
    }
    for (let number = 0; number < people; number += 1) {
      time.at((rushSeconds + number / drainPerSecond) * 1_000, () => {
        register(number).catch((error: unknown) => failures.push(error));
      });
    }
    writeActivity();
  }

  const real = { fetch: globalThis.fetch, document: (globalThis as { document?: unknown }).document };
  Object.assign(globalThis, { document: { visibilityState: "visible" } });
  try {
    await passTime(startTime);
  } finally {
    Object.assign(globalThis, real);
    await app.close();
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${people} were not confirmed`);
  return {
    requests,
    keptAtEdge: hasProgress ? progressAsked - requests.progress : 0,
    toldAfter: {
      mean: delays.reduce((sum, ms) => sum + ms, 0) / people / 1_000,
      longest: Math.max(...delays) / 1_000,
    },
  };
}
