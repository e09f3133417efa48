/** The console as a whole: its parts put together over one connection, to be started and stopped. */
import type { AddressInfo } from "node:net";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { Connection } from "../terminal/connection.ts";
import { createInspector, createTierSource } from "../admin/inspector/inspector.ts";
import { buildConsoleApp } from "./app.ts";
import { loadAssets } from "./assets.ts";
import { createDeadLetterDesk } from "./dead-letter-desk.ts";
import { createEventStreams } from "./event-streams.ts";
import { createGate } from "./gate.ts";
import { createRegistrationsDesk } from "./registrations-desk.ts";
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
  /** The secret that the link carries. */
  readonly key: string;
  /** Let everybody on this machine in without the link. */
  readonly openToMachine: boolean;
  readonly lookEverySeconds: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export interface RunningConsole {
  /** The address to open: with the token, where one is needed. */
  readonly url: string;
  /** Stops replays after the step that was sent, ends streams and closes the port. Safe to call twice. */
  stop(): Promise<void>;
}

const loopback = "127.0.0.1";
const maxWindows = 32;
const heartbeatMs = 10_000;
const maxWaitingBytes = 262_144;
const lookPatienceMs = 8_000;
const outcomeTimeoutSeconds = 60;

/** @returns the console, listening. @throws the system's error when the port cannot be used */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { connection, event, key, openToMachine, lookEverySeconds, wallClock } = options;
  const ending = new AbortController();
  const { signal } = ending;
  let listeningPort = options.port;
  const gate = createGate({ key, openToMachine, port: () => listeningPort });
  const { deployment } = connection;
  const { formToken } = gate;
  const assets = loadAssets();
  const view = createView({ assets, deployment, formToken, wallClock });
  const streams = createEventStreams({ maxClients: maxWindows, heartbeatMs, maxWaitingBytes });
  const inspector = createInspector(connection);
  const watch = createWatch({
    look: inspector.inspect,
    lastHour: inspector.lastHour,
    readTiers: createTierSource(connection),
    intervalMs: lookEverySeconds * 1_000,
    patienceMs: lookPatienceMs,
    wallClock,
    onSight(sight, point) {
      if (streams.listeners(overviewTopic) > 0) streams.publish(overviewTopic, overviewEvent(view, sight, point));
    },
  });
  const desk = createDeadLetterDesk({ connection, event, wallClock, signal });
  const replays = createReplayRuns({
    connection,
    desk,
    outcomeTimeoutSeconds,
    wallClock,
    onChange: (run) => streams.publish(replayTopic(run.id), replayEvent(view, run)),
  });
  const app = await buildConsoleApp({
    view,
    assets,
    gate,
    watch,
    streams,
    deadLetters: desk,
    replays,
    registrations: createRegistrationsDesk({ connection, deadLetters: desk, event, signal }),
    facts: createSystemFacts({ connection, identity: () => connection.identity(), event, lookEverySeconds }),
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
