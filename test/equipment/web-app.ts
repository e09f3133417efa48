/** The web tier's application as `main.ts` puts it together, without network: its queue is a list that the test holds. */
import type { FastifyInstance } from "fastify";
import { parseEvent, type EventDefinition } from "../../shared/registration/event-definition.ts";
import { createRegistry } from "../../shared/process/metrics.ts";
import type { Change } from "../../shared/registration/change.ts";
import { decodePack, readEnvelope } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import { buildApp, type AppParts } from "../../web/app.ts";
import { createGroupCommit, type GroupCommit, type GroupCommitOptions } from "../../web/queue/group-commit.ts";
import { createReceipts, parseReceiptKeys, type Receipts } from "../../shared/registration/receipts.ts";
import { recordLog, type RecordedLog } from "./recorded-log.ts";

/** An event with a field of each type, open for years around the clock of the tests. */
export const testEvent: EventDefinition = parseEvent({
  name: "Test Event",
  description: "An event for tests",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2027-01-01T00:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "company", label: "Company", type: "text", minLength: 2, maxLength: 20 },
    { id: "contact", label: "Contact", type: "email" },
    { id: "guests", label: "Guests", type: "number", minimum: 0, maximum: 4, integer: true },
    { id: "meal", label: "Meal", type: "select", options: ["meat", "vegetarian"], required: true },
    { id: "terms", label: "Terms", type: "checkbox", required: true },
    { id: "news", label: "News", type: "checkbox" },
  ],
});

export interface TestApp {
  readonly app: FastifyInstance;
  readonly groupCommit: GroupCommit;
  readonly receipts: Receipts;
  readonly log: RecordedLog;
  /** Everybody on the queue, in order. */
  readonly queued: Registration[];
  /** Every change on the queue, in order. */
  readonly changes: Change[];
  /** The version of every pack, in order. */
  readonly packVersions: number[];
}

export interface TestAppOptions {
  readonly event?: EventDefinition;
  readonly send?: GroupCommitOptions["send"];
  readonly parts?: Partial<AppParts>;
  readonly limits?: Partial<AppParts["limits"]>;
  readonly maxWaiting?: number;
}

/** When it is in the tests: milliseconds since the epoch. */
export const testTime = Date.parse("2026-03-01T10:00:00.000Z");

export async function buildTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { event = testEvent, maxWaiting = 1_000, parts = {}, limits = {} } = options;
  const queued: Registration[] = [];
  const changes: Change[] = [];
  const packVersions: number[] = [];
  const now = () => performance.now();
  const log = recordLog();
  const groupCommit = createGroupCommit({
    async send(body) {
      const pack = decodePack(body);
      if (pack.invalid.length > 0) throw new Error("what the web tier packed is no registration");
      queued.push(...pack.registrations);
      changes.push(...pack.changes);
      packVersions.push(readEnvelope(body)?.version ?? 0);
    },
    ...(options.send && { send: options.send }),
    maxSendsInFlight: 2,
    maxWaiting,
    maxWaitMs: 5_000,
    now,
  });
  const receipts = createReceipts(parseReceiptKeys(`k:${Buffer.alloc(32, 7).toString("base64")}`));
  const app = await buildApp({
    event,
    groupCommit,
    receipts,
    statuses: { read: async () => ({ status: "pending" }) },
    readiness: { check: async () => true },
    registry: createRegistry("web"),
    logger: log.logger,
    backlog: { estimatedWaitSeconds: () => undefined, read: async () => undefined },
    // A busy machine must not shed in a test that is about something else.
    limits: {
      shedWaitMs: 5_000,
      maxStatusReads: 1_000,
      maxEventLoopDelayMs: 60_000,
      rateLimitPerMinute: 0,
      requestTimeoutMs: 10_000,
      trustedProxies: [],
      ...limits,
    },
    wallClock: () => testTime,
    now,
    random: () => 0.5,
    ...parts,
  });
  return { app, groupCommit, receipts, log, queued, changes, packVersions };
}
