/**
 * The whole of Turnout on this machine, as one object to start and to stop: engines, queues and tables, both tiers as
 * processes of their own, and the periodic tasks. `npm start` and the tests both stand on it.
 *
 * It prints nothing and touches neither signals nor `process.env`; who owns it does.
 *
 *     t.test("…", async (t) => {
 *       const stack = createLocalStack();
 *       t.teardown(() => stack.stop());
 *       const { web, sqs, dynamodb } = await stack.start();
 *
 * In a test, not at the top of a file: its processes keep ours alive, so tap's outermost teardown would never come.
 */
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../shared/process/environment.ts";
import { portVariables } from "./config.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { startGuardThread, type GuardThread } from "./dynamodb-guard/guard-thread.ts";
import { findDynamoDbEngine } from "./dynamodb-engine.ts";
import { probe } from "./http-probe.ts";
import { createOrphanGuard, type OrphanGuard } from "./orphan-guard/orphan-guard.ts";
import { resolvePorts } from "./ports.ts";
import { consolePlan, dynamoDbPlan, sqsPlan, tierPlan, urlOf } from "./process-plans.ts";
import { provisionQueues, provisionTables, type Endpoint, type QueueUrls } from "./provision.ts";
import { readCronFile, startScheduler, type Scheduler } from "./scheduler.ts";
import { createSupervisedProcess, type ProcessPlan, type SupervisedProcess } from "./supervisor.ts";
import {
  consoleEnvironment,
  embeddedCredentials,
  stackEnvironment,
  visibilityTimeoutSeconds,
  webEnvironment,
  workerEnvironment,
  type TierSurroundings,
} from "./tier-environment.ts";

/** In the order in which they are shown. */
export const processNames = ["web", "worker", "console", "sqs", "dynamodb"] as const;
export type ProcessName = (typeof processNames)[number];
type TierName = Extract<ProcessName, "web" | "worker">;

/** Where each part answers. A part that does not run has none. */
export type StackUrls = Readonly<Partial<Record<ProcessName, string>>>;

export interface StackReporter {
  /** Every line that a process prints. */
  line?(name: ProcessName, line: string): void;
  /** A process ended by itself, `how` says how, and answers again. */
  restarted?(name: ProcessName, how: string): void;
  /** A process could not be kept running. The stack is of no more use; stop it. */
  gaveUp?(name: ProcessName, error: Error): void;
  /** A periodic task that the worker did not answer with 200. */
  taskFailed?(task: string, why: string): void;
  /** The embedded DynamoDB of this platform is being installed. */
  installing?(packageName: string): void;
}

export interface LocalStackOptions {
  /** TCP ports; 0, the default, for any free one. */
  readonly ports?: Readonly<Partial<Record<ProcessName, number>>>;
  /** Folder that keeps queue, table, receipt key and logs. Default: a temporary one, removed by `stop()`. */
  readonly dataFolder?: string;
  /**
   * Further variables for the tiers, such as `{ LOG_LEVEL: "debug" }`. `AWS_ENDPOINT_URL_SQS` and
   * `AWS_ENDPOINT_URL_DYNAMODB` replace an engine by that endpoint. Default: none.
   */
  readonly environment?: Environment;
  /** Default: both. None for tests that need only queue and table. */
  readonly tiers?: readonly TierName[];
  /** The operator's console beside the tiers. Default: false. */
  readonly console?: boolean;
  /** Play cron.yaml. Default: true. */
  readonly periodicTasks?: boolean;
  /** Start a process again that ends by itself. Default: true. */
  readonly restart?: boolean;
  readonly reporter?: StackReporter;
}

export interface LocalStack {
  /**
   * Resolves when all answer. Safe to call twice: the second call gives the first one's result.
   * @throws Error that says which part does not start and why; everything is stopped then
   */
  start(): Promise<StackUrls>;
  /** Ends everything that was started, in order, in bounded time. Safe to call twice, at any time, without a start. */
  stop(): Promise<void>;
  /** @throws Error when this stack has no such process, or was not started */
  process(name: ProcessName): SupervisedProcess;
  /** Sends a signal as from outside, for example `kill("worker", "SIGKILL")`. @returns whether one took it */
  kill(name: ProcessName, signal: NodeJS.Signals): boolean;
  /** Kills all at once; `stop()` still has to be called. For somebody who does not want to wait. */
  killAll(): void;
  /**
   * After `start()`: the variables with which another process speaks to this stack (endpoints, credentials, region,
   * QUEUE_URL, DEAD_LETTER_QUEUE_URL, REGISTRATIONS_TABLE, DEAD_LETTERS_TABLE).
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly urls: StackUrls;
  /** Where queue, table and logs lie. @throws Error before `start()` */
  readonly dataFolder: string;
  /** False when the folder goes with the stack. */
  readonly keepsData: boolean;
}

const cronFile = join(import.meta.dirname, "..", "cron.yaml");
const defaultRegion = "eu-central-1";
const readyPath: Readonly<Record<TierName, string>> = { web: "/ready", worker: "/health" };
/** A bound for a machine with other things to do; usually it takes a second. */
const readyWithinMs = 45_000;
const pollIntervalMs = 50;

/** @returns a stack that is not started yet */
export function createLocalStack(options: LocalStackOptions = {}): LocalStack {
  const {
    ports = {},
    environment: given = {},
    tiers = ["web", "worker"],
    console: wantsConsole = false,
    periodicTasks = true,
    reporter = {},
  } = options;
  const outside: Partial<Record<ProcessName, string>> = {
    ...(given.AWS_ENDPOINT_URL_SQS && { sqs: given.AWS_ENDPOINT_URL_SQS }),
    ...(given.AWS_ENDPOINT_URL_DYNAMODB && { dynamodb: given.AWS_ENDPOINT_URL_DYNAMODB }),
  };
  const embeddedOnly = Object.keys(outside).length === 0;
  const region = (embeddedOnly ? undefined : given.AWS_REGION) || defaultRegion;

  const processes = new Map<ProcessName, SupervisedProcess>();
  const logs = new Map<ProcessName, WriteStream>();
  let folder: DataFolder | undefined;
  let guard: OrphanGuard | undefined;
  let dynamoDbGuard: GuardThread | undefined;
  let scheduler: Scheduler | undefined;
  let urls: StackUrls = {};
  let environment: Readonly<Record<string, string>> = {};
  let starting: Promise<StackUrls> | undefined;
  let stopping: Promise<void> | undefined;

  async function supervise(name: ProcessName, plan: ProcessPlan, data: DataFolder): Promise<void> {
    stopIfAsked();
    const log = createWriteStream("", { fd: data.openLog(name) });
    // A full disk must not end the stack; what is worth a look is shown on the terminal as well.
    log.on("error", () => {});
    logs.set(name, log);
    const supervised = createSupervisedProcess(plan, {
      restart: options.restart ?? true,
      onLine(_, line) {
        log.write(`${line}\n`);
        reporter.line?.(name, line);
      },
      onSpawn: (_, pid) => guard?.watch(pid),
      onEnd: (_, pid) => guard?.forget(pid),
      onRestart: (_, how) => reporter.restarted?.(name, how),
      onGiveUp: (_, error) => reporter.gaveUp?.(name, error),
    });
    processes.set(name, supervised);
    await supervised.start();
  }

  function endpointOf(url: string): Endpoint {
    const own = !embeddedOnly && (given.AWS_ACCESS_KEY_ID || given.AWS_PROFILE);
    return { endpoint: url, region, ...(!own && { credentials: embeddedCredentials }) };
  }

  async function startSqs(port: number, data: DataFolder): Promise<{ url: string; queues: QueueUrls }> {
    const url = outside.sqs ?? urlOf(port);
    const provision = () => provisionQueues(endpointOf(url), visibilityTimeoutSeconds);
    if (outside.sqs === undefined) {
      // Again after each restart: an engine whose files were lost gets its queues back.
      const afterReady = async () => void (await provision());
      await supervise("sqs", sqsPlan(port, region, data.sqsFolder, afterReady), data);
    }
    return { url, queues: await provision() };
  }

  async function startDynamoDb(port: number, data: DataFolder): Promise<string> {
    const url = outside.dynamodb ?? urlOf(port);
    const provision = () => provisionTables(endpointOf(url));
    if (outside.dynamodb) return provision().then(() => url);
    const binary = await findDynamoDbEngine({ onInstall: (name) => reporter.installing?.(name) });
    dynamoDbGuard = await startGuardThread(port);
    if (stopping !== undefined) await dynamoDbGuard.stop();
    await supervise("dynamodb", dynamoDbPlan(dynamoDbGuard.engine, binary, data.dynamoDbFile, provision), data);
    return url;
  }

  async function startTier(name: TierName, port: number, surroundings: TierSurroundings, data: DataFolder) {
    const environmentOf = { web: webEnvironment, worker: workerEnvironment }[name];
    await supervise(name, tierPlan(name, port, environmentOf(given, surroundings, port)), data);
    await untilReady(name, `${urlOf(port)}${readyPath[name]}`);
    return [name, urlOf(port)] as const;
  }

  /** @returns the address to open; it has to be the same after a restart, so the token is made here */
  async function startConsole(port: number, tierUrls: StackUrls, surroundings: TierSurroundings, data: DataFolder) {
    const token = given.TURNOUT_CONSOLE_TOKEN || randomBytes(24).toString("base64url");
    const env = consoleEnvironment(given, surroundings, tierUrls, token);
    await supervise("console", consolePlan(port, env, embeddedOnly), data);
    return embeddedOnly ? urlOf(port) : `${urlOf(port)}/?token=${token}`;
  }

  /** A tier that answers is running; only one that can reach queue and table is ready. */
  async function untilReady(name: TierName, url: string): Promise<void> {
    const deadline = Date.now() + readyWithinMs;
    let status: number | undefined;
    while ((status = await probe(url)) !== 200) {
      stopIfAsked();
      if (Date.now() > deadline)
        throw new Error(`${name} runs, but is not ready: GET ${url} gave ${status ?? "no answer"}.`);
      await delay(pollIntervalMs);
    }
  }

  function stopIfAsked(): void {
    if (stopping !== undefined) throw new Error("The stack was stopped before all of it answered.");
  }

  async function startAll(): Promise<StackUrls> {
    const wanted = processNames.filter((name) =>
      name === "console"
        ? wantsConsole
        : name === "web" || name === "worker"
          ? tiers.includes(name)
          : outside[name] === undefined,
    );
    const tasks = periodicTasks && tiers.includes("worker") && existsSync(cronFile) ? readCronFile(cronFile) : [];
    const resolved = await resolvePorts(
      wanted.map((name) => ({ variable: portVariables[name], port: ports[name] ?? 0 })),
    );
    const portOf = (name: ProcessName) => resolved[wanted.indexOf(name)] ?? 0;
    stopIfAsked();
    const data = openDataFolder(options.dataFolder);
    folder = data;
    guard = createOrphanGuard();
    if (data.temporary) guard.removeFolder(data.path);

    const [sqs, dynamodb] = await Promise.all([startSqs(portOf("sqs"), data), startDynamoDb(portOf("dynamodb"), data)]);
    const surroundings: TierSurroundings = {
      region,
      sqsEndpoint: sqs.url,
      dynamoDbEndpoint: dynamodb,
      embeddedOnly,
      queues: sqs.queues,
      receiptKeys: given.RECEIPT_KEYS || data.receiptKeys(),
    };
    environment = stackEnvironment({}, surroundings);
    const expected: StackUrls = Object.fromEntries(tiers.map((name) => [name, urlOf(portOf(name))]));
    // The console can be asked before the tiers are ready: it shows how they become so.
    const [consoleUrl, ...tierUrls] = await Promise.all([
      wantsConsole ? startConsole(portOf("console"), expected, surroundings, data) : undefined,
      ...tiers.map((name) => startTier(name, portOf(name), surroundings, data)),
    ]);
    stopIfAsked();
    const consolePart = consoleUrl === undefined ? {} : { console: consoleUrl };
    urls = { ...Object.fromEntries(tierUrls), ...consolePart, sqs: sqs.url, dynamodb };
    if (tasks.length > 0 && urls.worker !== undefined) {
      scheduler = startScheduler({
        tasks,
        workerUrl: urls.worker,
        onFailure: (task, why) => reporter.taskFailed?.(task.name, why),
      });
    }
    return urls;
  }

  async function stopAll(): Promise<void> {
    scheduler?.stop();
    const stopOf = (names: readonly ProcessName[]) =>
      Promise.all(names.map(async (name) => processes.get(name)?.stop()));
    // The tiers and a replay of the console first: what they hold goes back to queue and table, which must still be there to take it.
    await stopOf(["web", "worker", "console"]);
    await stopOf(["sqs", "dynamodb"]);
    await dynamoDbGuard?.stop();
    await Promise.all([...logs.values()].map((log) => new Promise<void>((resolve) => log.end(() => resolve()))));
    folder?.close();
    await guard?.dismiss();
  }

  const stack: LocalStack = {
    start() {
      starting ??= startAll().catch(async (error: unknown) => {
        await stack.stop();
        throw error;
      });
      return starting;
    },
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
    process(name) {
      const supervised = processes.get(name);
      if (supervised === undefined) throw new Error(`This stack runs no process named ${name}.`);
      return supervised;
    },
    kill: (name, signal) => stack.process(name).kill(signal),
    killAll() {
      for (const supervised of processes.values()) supervised.kill("SIGKILL");
    },
    get environment() {
      return environment;
    },
    get urls() {
      return urls;
    },
    get dataFolder() {
      if (folder === undefined) throw new Error("The stack has no data folder before it is started.");
      return folder.path;
    },
    get keepsData() {
      return folder?.temporary === false;
    },
  };
  return stack;
}
