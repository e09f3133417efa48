/** The whole console: builds its parts over one connection, starts and stops them. */
import type { AddressInfo } from "node:net";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { Connection } from "../terminal/connection.ts";
import { createInspector, createTierSource } from "../admin/inspector/inspector.ts";
import { buildConsoleApp } from "./app.ts";
import { loadAssets } from "./assets.ts";
import { createDeadLetterService } from "./dead-letter-service.ts";
import { createEventStreams } from "./event-streams.ts";
import { createAccessGuard } from "./access-guard.ts";
import { createRegistrationService } from "./registration-service.ts";
import { createReplayRuns } from "./replay-runs.ts";
import { overviewEvent, overviewTopic } from "./routes/overview.ts";
import { replayEvent, replayTopic } from "./routes/replays.ts";
import { createSystemFacts } from "./system-facts.ts";
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
const outcomeTimeoutSeconds = 60;

/** @returns the console, listening. @throws the system's error when the port cannot be used */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { connection, event, key, openToMachine, pollIntervalSeconds, wallClock } = options;
  const ending = new AbortController();
  const { signal } = ending;
  let listeningPort = options.port;
  const guard = createAccessGuard({ key, openToMachine, port: () => listeningPort });
  const { deployment } = connection;
  const { formToken } = guard;
  const assets = loadAssets();
  const view = createView({ assets, deployment, formToken, wallClock });
  const streams = createEventStreams({ maxClients: maxWindows, heartbeatMs, maxWaitingBytes });
  const inspector = createInspector(connection);
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
  const service = createDeadLetterService({ connection, event, wallClock, signal });
  const replays = createReplayRuns({
    connection,
    service,
    outcomeTimeoutSeconds,
    wallClock,
    onChange: (run) => streams.publish(replayTopic(run.id), replayEvent(view, run)),
  });
  const app = await buildConsoleApp({
    view,
    assets,
    guard,
    watch,
    streams,
    deadLetters: service,
    replays,
    registrations: createRegistrationService({ connection, deadLetters: service, event, signal }),
    facts: createSystemFacts({ connection, identity: () => connection.identity(), event, pollIntervalSeconds }),
  });
  await app.listen({ host: loopback, port: options.port });
  listeningPort = (app.server.address() as AddressInfo).port;
  watch.start();

  let stopping: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    await replays.close();
    ending.abort();
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
