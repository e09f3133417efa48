/** The console over a connection, without a port: what its pages answer, to a browser of ours and to anybody else. */
import { randomUUID } from "node:crypto";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { InjectOptions, LightMyRequestResponse as Response } from "fastify";
import type { Test } from "tap";
import type { Connection } from "../../terminal/connection.ts";
import { createAcceptanceService } from "../../console/acceptance-service.ts";
import { buildConsoleApp } from "../../console/app.ts";
import { loadAssets } from "../../console/assets.ts";
import { createDeadLetterService } from "../../console/dead-letter-service.ts";
import { createEventStreams } from "../../console/event-streams.ts";
import { createAccessGuard } from "../../console/access-guard.ts";
import { createRegistrationService } from "../../console/registration-service.ts";
import { createManyRuns } from "../../console/many-runs.ts";
import { createReplayRuns } from "../../console/replay-runs.ts";
import { createSystemFacts } from "../../console/system-facts.ts";
import { toTabState } from "../../console/tab-state.ts";
import { createView } from "../../console/view.ts";
import { createZonedTimes } from "../../terminal/zoned-times.ts";
import { createWatch } from "../../console/watch.ts";
import { createInspector, createTierSource } from "../../admin/inspector/inspector.ts";
import { createDocumentClient, createSqsClient } from "../../shared/aws/aws-clients.ts";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { parseEvent } from "../../shared/registration/event-definition.ts";
import type { Registration } from "../../shared/registration/registration.ts";

export const key = "a-key-of-this-test-alone";
const port = 3002;
export const host = `127.0.0.1:${port}`;
export const origin = `http://${host}`;

export const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T09:00:00Z",
  closesAt: "2035-12-31T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "ticket", type: "select", label: "Days", options: ["Both", "Friday"] },
    { id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4, integer: true },
    { id: "conduct", type: "checkbox", label: "I accept", required: true },
  ],
});

/** A connection to where nobody listens. */
export function deadConnection(t: Test): Connection {
  const credentials = { accessKeyId: "none", secretAccessKey: "none" };
  const options = {
    region: "eu-central-1",
    endpoint: "http://127.0.0.1:1",
    credentials,
    requestTimeoutMs: 500,
    maxAttempts: 1,
  };
  const [sqs, documents] = [createSqsClient(options), createDocumentClient(options)];
  const close = () => {
    sqs.destroy();
    documents.destroy();
  };
  t.teardown(close);
  return {
    deployment: "a stack that is down",
    queueUrl: "http://127.0.0.1:1/0/registrations",
    deadLetterQueueUrl: "http://127.0.0.1:1/0/dead",
    registrationsTable: "registrations",
    deadLettersTable: "dead-letters",
    outcomesTable: "outcomes",
    activityTable: "activity",
    controlsTable: "controls",
    tiers: { kind: "urls", web: "http://127.0.0.1:1", worker: undefined },
    sqs,
    documents,
    identity: () => Promise.resolve("a tester"),
    close,
  };
}

export async function openConsole(
  t: Test,
  connection: Connection,
  openToMachine = false,
  definition = event,
  readOnly = false,
) {
  const ending = new AbortController();
  const guard = createAccessGuard({ key, openToMachine, port: () => port });
  const { formToken } = guard;
  const assets = loadAssets();
  const { deployment } = connection;
  const acceptance = createAcceptanceService({ connection, wallClock: Date.now });
  const view = createView({
    assets,
    deployment,
    eventName: definition.name,
    formToken,
    acceptance: acceptance.latest,
    readOnly,
    wallClock: Date.now,
    times: createZonedTimes(definition.timeZone),
    tab: () => toTabState(watch.snapshot(), acceptance.latest()),
  });
  const streams = createEventStreams({ maxClients: 2, heartbeatMs: 60_000, maxWaitingBytes: 1_000_000 });
  const inspector = createInspector(connection);
  const watch = createWatch({
    inspect: inspector.inspect,
    lastHour: inspector.lastHour,
    readTiers: createTierSource(connection),
    intervalMs: 100,
    timeoutMs: 5_000,
    wallClock: Date.now,
    onSnapshot: () => {},
  });
  const deadLetters = createDeadLetterService({
    connection,
    event: definition,
    wallClock: Date.now,
    signal: ending.signal,
  });
  const replays = createReplayRuns({
    connection,
    wallClock: Date.now,
    signal: ending.signal,
    isWatched: () => false,
    onChange: () => {},
  });
  const manyRuns = createManyRuns({ service: deadLetters, onChange: () => {} });
  const registrations = createRegistrationService({
    connection,
    deadLetters,
    event: definition,
    signal: ending.signal,
  });
  const identity = () => connection.identity();
  const facts = createSystemFacts({ connection, identity, event: definition, pollIntervalSeconds: 2 });
  const app = await buildConsoleApp({
    view,
    assets,
    guard,
    watch,
    streams,
    deadLetters,
    manyRuns,
    replays,
    registrations,
    facts,
    acceptance,
    readOnly,
    wallClock: Date.now,
  });
  t.teardown(async () => {
    await Promise.all([replays.close(), manyRuns.close()]);
    ending.abort();
    acceptance.stop();
    streams.close();
    await watch.stop();
    await app.close();
  });
  const welcome = await app.inject({ url: `/?token=${key}`, headers: { host } });
  const cookie = String(welcome.headers["set-cookie"]).split(";")[0]!;

  return {
    app,
    cookie,
    formToken,
    watch,
    acceptance,
    streams,
    replays,
    manyRuns,
    deadLetters,
    registrations,
    /** As a browser that was let in. */
    get: (url: string, headers: Record<string, string> = {}): Promise<Response> =>
      app.inject({ url, headers: { host, cookie, ...headers } }),
    /** As a form on a page of ours. */
    post(url: string, fields: Record<string, string | string[]> = {}, headers: Record<string, string> = {}) {
      const form = new URLSearchParams({ formToken });
      for (const [name, value] of Object.entries(fields)) for (const text of [value].flat()) form.append(name, text);
      const type = { "content-type": "application/x-www-form-urlencoded" };
      const options: InjectOptions = { method: "POST", url, payload: form.toString() };
      return app.inject({ ...options, headers: { host, cookie, origin, ...type, ...headers } });
    },
  };
}

export function registrationOf(email: string): Registration {
  const answers = { ticket: "Both", guests: 2, conduct: true };
  return { id: randomUUID(), email, name: "Ann Lee", answers, submittedAt: "2026-03-01T09:00:00.000Z" };
}

/** Writes a dead letter as the worker would. @returns it */
export async function addRecord(
  { documents, deadLettersTable }: Pick<Connection, "documents" | "deadLettersTable">,
  parts: Partial<DeadLetterRecord> = {},
): Promise<DeadLetterRecord> {
  const id = randomUUID();
  const at = "2026-03-01T10:00:00.000Z";
  const record: DeadLetterRecord = {
    id,
    state: "open",
    reason: "invalid-registration",
    detail: "/email must be an address",
    body: JSON.stringify({ v: 1, registrations: [{ ...registrationOf("ann@example"), id }] }),
    firstFailedAt: at,
    lastFailedAt: at,
    failures: 1,
    history: [{ at, who: "worker", what: "failed", detail: "/email must be an address" }],
    messageId: randomUUID(),
    ...parts,
  };
  await documents.send(new PutCommand({ TableName: deadLettersTable, Item: record }));
  return record;
}
