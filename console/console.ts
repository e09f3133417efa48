/** The whole console: builds its parts over one connection, starts and stops them. */
import type { AddressInfo } from "node:net";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { eventIn } from "../shared/registration/event-translation.ts";
import { awsTime, type Connection } from "../terminal/connection.ts";
import { createZonedTimes } from "../terminal/zoned-times.ts";
import { createInspector, createTierSource } from "../admin/inspector/inspector.ts";
import { createAcceptanceService } from "./acceptance-service.ts";
import { buildConsoleApp } from "./app.ts";
import { loadAssets } from "./assets.ts";
import { createDeadLetterService } from "./dead-letter-service.ts";
import { createEventStreams } from "./event-streams.ts";
import { createAccessGuard } from "./access-guard.ts";
import { createRegistrationService } from "./registration-service.ts";
import { createManyRuns } from "./many-runs.ts";
import { createReplayRuns } from "./replay-runs.ts";
import { manyEvent, manyTopic } from "./routes/many.ts";
import { overviewEvent, overviewTopic } from "./routes/overview.ts";
import { replayEvent, replayTopic } from "./routes/replays.ts";
import { createSystemFacts } from "./system-facts.ts";
import { toTabState } from "./tab-state.ts";
import { createView } from "./view.ts";
import { createWatch } from "./watch.ts";

export interface ConsoleOptions {
  readonly connection: Connection;
  readonly event: EventDefinition | undefined;
  /** TCP port on 127.0.0.1, 0 for any free one. */
  readonly port: number;
  /** The secret in the link. */
  readonly key: string;
  /** Let everybody on this machine in without the link. */
  readonly openToMachine: boolean;
  /** Shows, and refuses whatever could change something. Default: false. */
  readonly readOnly?: boolean;
  readonly pollIntervalSeconds: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export interface RunningConsole {
  /** To be opened; contains the token if one is needed. */
  readonly url: string;
  /** Stops replays after the step under way, ends streams and closes the port. Safe to call twice. */
  stop(): Promise<void>;
}

const loopback = "127.0.0.1";
const maxWindows = 32;
const heartbeatMs = 10_000;
const maxWaitingBytes = 262_144;
const pollTimeoutMs = 8_000;

/** @returns the console, listening. @throws the system's error when the port cannot be used */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { connection, event, key, openToMachine, readOnly = false, pollIntervalSeconds, wallClock } = options;
  const ending = new AbortController();
  const { signal } = ending;
  let listeningPort = options.port;
  const guard = createAccessGuard({ key, openToMachine, port: () => listeningPort });
  const { deployment } = connection;
  const { formToken } = guard;
  const assets = loadAssets();
  const acceptance = createAcceptanceService({ connection, wallClock });
  const view = createView({
    assets,
    deployment,
    eventName: event && eventIn(event, "en").name,
    formToken,
    acceptance: acceptance.latest,
    readOnly,
    wallClock,
    times: createZonedTimes(event?.timeZone),
    tab: () => toTabState(watch.snapshot(), acceptance.latest()),
  });
  const streams = createEventStreams({ maxClients: maxWindows, heartbeatMs, maxWaitingBytes });
  const service = createDeadLetterService({ connection, event, wallClock, signal });
  const inspector = createInspector(connection, wallClock, async () => (await service.index.refresh()).groups);
  const watch = createWatch({
    inspect: inspector.inspect,
    lastHour: inspector.lastHour,
    readTiers: createTierSource(connection),
    intervalMs: pollIntervalSeconds * 1_000,
    timeoutMs: pollTimeoutMs,
    wallClock,
    onSnapshot(snapshot, point) {
      if (streams.listeners(overviewTopic) > 0) streams.publish(overviewTopic, overviewEvent(view, snapshot, point));
    },
  });
  const replays = createReplayRuns({
    connection,
    wallClock: () => awsTime(connection.documents),
    signal,
    isWatched: (id) => streams.listeners(replayTopic(id)) > 0,
    onChange: (shown) => streams.publish(replayTopic(shown.run.id), replayEvent(view, shown)),
  });
  const manyRuns = createManyRuns({
    service,
    onChange: (run) => streams.publish(manyTopic(run.id), manyEvent(view, run)),
  });
  const app = await buildConsoleApp({
    view,
    assets,
    guard,
    watch,
    streams,
    deadLetters: service,
    manyRuns,
    replays,
    registrations: createRegistrationService({ connection, deadLetters: service, event, signal, wallClock }),
    acceptance,
    readOnly,
    wallClock,
    facts: createSystemFacts({ connection, identity: () => connection.identity(), event, pollIntervalSeconds }),
  });
  await app.listen({ host: loopback, port: options.port });
  listeningPort = (app.server.address() as AddressInfo).port;
  watch.start();
  void acceptance.start();

  let stopping: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    await Promise.all([replays.close(), manyRuns.close()]);
    ending.abort();
    acceptance.stop();
    streams.close();
    await Promise.all([watch.stop(), app.close()]);
  }

  const origin = `http://${loopback}:${listeningPort}`;
  return {
    url: openToMachine ? origin : `${origin}/?token=${key}`,
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };
}
