/**
 * Turnout on this machine as one object to start and stop: engines, queues and tables, both tiers as processes, and the
 * periodic tasks. Used by `npm start` and tests.
 *
 * It prints nothing and touches neither signals nor `process.env`.
 *
 *     t.test("…", async (t) => {
 *       const stack = createLocalStack();
 *       t.teardown(() => stack.stop());
 *       const { web, sqs, dynamodb } = await stack.start();
 *
 * In tests, use it inside a test: its processes keep the file alive, so tap's outermost teardown would never run.
 */
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../shared/process/environment.ts";
import { defaultMailFrom, portVariables } from "./config.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { createEngines, engineNames, type Engines } from "./engines.ts";
import { probe } from "./http-probe.ts";
import { createOrphanGuard, type OrphanGuard } from "./orphan-guard/orphan-guard.ts";
import { resolvePorts } from "./ports.ts";
import { consolePlan, tierPlan, urlOf } from "./process-plans.ts";
import { readCronFile, startScheduler, type Scheduler } from "./scheduler.ts";
import { createSupervisedProcess, type ProcessPlan, type SupervisedProcess } from "./supervisor.ts";
import {
  consoleEnvironment,
  embeddedCredentials,
  stackEnvironment,
  webEnvironment,
  workerEnvironment,
  type TierSurroundings,
} from "./tier-environment.ts";

/** In display order. */
export const processNames = ["web", "worker", "console", ...engineNames] as const;
export type ProcessName = (typeof processNames)[number];
export type TierName = Extract<ProcessName, "web" | "worker">;

/** URL of each part that runs. */
export type StackUrls = Readonly<Partial<Record<ProcessName, string>>>;

export interface StackReporter {
  /** Called per output line of a process. */
  line?(name: ProcessName, line: string): void;
  /** A process ended unexpectedly (`how`) and answers again. */
  restarted?(name: ProcessName, how: string): void;
  /** A process cannot be kept running. The stack is unusable; stop it. */
  gaveUp?(name: ProcessName, error: Error): void;
  /** The worker did not answer a periodic task with 200. */
  taskFailed?(task: string, why: string): void;
  /** The embedded DynamoDB for this platform is being installed. */
  installing?(packageName: string): void;
}

export interface LocalStackOptions {
  /** TCP ports; 0, the default, for any free one. */
  readonly ports?: Readonly<Partial<Record<ProcessName, number>>>;
  /** Folder for queue, table, receipt key and logs. Default: a temporary one, removed by `stop()`. */
  readonly dataFolder?: string;
  /**
   * Further variables for the tiers, such as `{ LOG_LEVEL: "debug" }`. `AWS_ENDPOINT_URL_SQS`,
   * `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_SESV2` replace an engine. Default: none.
   */
  readonly environment?: Environment;
  /** Default: both. None for tests of queue and table only. */
  readonly tiers?: readonly TierName[];
  /** TCP ports on which a debugger may connect to a tier. Default: none. */
  readonly inspect?: Readonly<Partial<Record<TierName, number>>>;
  /** Whether to run the console. Default: false. */
  readonly console?: boolean;
  /** Whether the tiers send mail, by an embedded SES. Not with an empty `MAIL_FROM`. Default: false. */
  readonly mail?: boolean;
  /** Whether to run cron.yaml. Default: true. */
  readonly periodicTasks?: boolean;
  /** Whether to restart processes that end unexpectedly. Default: true. */
  readonly restart?: boolean;
  readonly reporter?: StackReporter;
}

export interface LocalStack {
  /**
   * Resolves when all parts answer. Repeated calls share the result.
   * @throws Error that says which part failed and why; everything is stopped then
   */
  start(): Promise<StackUrls>;
  /** Stops everything in order, within a time limit. Safe to repeat, at any time, also without a start. */
  stop(): Promise<void>;
  /** @throws Error when this stack has no such process, or was not started */
  process(name: ProcessName): SupervisedProcess;
  /** Sends a signal, for example `kill("worker", "SIGKILL")`. @returns whether a process took it */
  kill(name: ProcessName, signal: NodeJS.Signals): boolean;
  /** Kills all processes at once; `stop()` must still be called. */
  killAll(): void;
  /**
   * After `start()`: the variables for other processes to use this stack: endpoints, credentials, region, the URLs of
   * queues and the names of tables.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly urls: StackUrls;
  /** Whether endpoints outside are called with the user's credentials, not those of the embedded engines. */
  readonly usesOwnCredentials: boolean;
  /** The data folder. @throws Error before `start()` */
  readonly dataFolder: string;
  /** False when the folder is removed with the stack. */
  readonly keepsData: boolean;
}

const cronFile = join(import.meta.dirname, "..", "cron.yaml");
const defaultRegion = "eu-central-1";
const readyPath: Readonly<Record<TierName, string>> = { web: "/ready", worker: "/health" };
/** Generous, for a busy machine; usually a second. */
const readyWithinMs = 45_000;
const pollIntervalMs = 50;

/** @returns a stack that is not started */
export function createLocalStack(options: LocalStackOptions = {}): LocalStack {
  const {
    ports = {},
    environment: given = {},
    tiers = ["web", "worker"],
    console: wantsConsole = false,
    periodicTasks = true,
    reporter = {},
  } = options;
  const mailFrom = given.MAIL_FROM ?? defaultMailFrom;
  const sendsMail = (options.mail ?? false) && mailFrom !== "";
  const outside: Partial<Record<ProcessName, string>> = {
    ...(given.AWS_ENDPOINT_URL_SQS && { sqs: given.AWS_ENDPOINT_URL_SQS }),
    ...(given.AWS_ENDPOINT_URL_DYNAMODB && { dynamodb: given.AWS_ENDPOINT_URL_DYNAMODB }),
    ...(sendsMail && given.AWS_ENDPOINT_URL_SESV2 && { mail: given.AWS_ENDPOINT_URL_SESV2 }),
  };
  const embeddedOnly = Object.keys(outside).length === 0;
  const region = (embeddedOnly ? undefined : given.AWS_REGION) || defaultRegion;

  const usesOwnCredentials = !embeddedOnly && Boolean(given.AWS_ACCESS_KEY_ID || given.AWS_PROFILE);

  const processes = new Map<ProcessName, SupervisedProcess>();
  const logs = new Map<ProcessName, WriteStream>();
  let folder: DataFolder | undefined;
  let guard: OrphanGuard | undefined;
  let engines: Engines | undefined;
  let scheduler: Scheduler | undefined;
  let urls: StackUrls = {};
  let environment: Readonly<Record<string, string>> = {};
  let starting: Promise<StackUrls> | undefined;
  let stopping: Promise<void> | undefined;

  async function supervise(name: ProcessName, plan: ProcessPlan, data: DataFolder): Promise<void> {
    stopIfAsked();
    const log = createWriteStream("", { fd: data.openLog(name) });
    // A full disk must not end the stack; important lines appear on the terminal as well.
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

  async function startTier(name: TierName, port: number, surroundings: TierSurroundings, data: DataFolder) {
    const environmentOf = { web: webEnvironment, worker: workerEnvironment }[name];
    const env = environmentOf(given, surroundings, port);
    await supervise(name, tierPlan(name, port, env, options.inspect?.[name]), data);
    await untilReady(name, `${urlOf(port)}${readyPath[name]}`);
    return [name, urlOf(port)] as const;
  }

  /** @returns the console's URL; the token is made here so that it survives a restart */
  async function startConsole(port: number, tierUrls: StackUrls, surroundings: TierSurroundings, data: DataFolder) {
    const token = given.TURNOUT_CONSOLE_TOKEN || randomBytes(24).toString("base64url");
    const env = consoleEnvironment(given, surroundings, tierUrls, token);
    await supervise("console", consolePlan(port, env, embeddedOnly), data);
    return embeddedOnly ? urlOf(port) : `${urlOf(port)}/?token=${token}`;
  }

  /** A tier that answers is running, but ready only when it reaches queue and table. */
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
    const wanted = processNames.filter((name) => {
      if (name === "web" || name === "worker") return tiers.includes(name);
      if (name === "console") return wantsConsole;
      return outside[name] === undefined && (name !== "mail" || sendsMail);
    });
    const tasks = periodicTasks && tiers.includes("worker") && existsSync(cronFile) ? readCronFile(cronFile) : [];
    const inspect = Object.entries(options.inspect ?? {});
    const resolved = await resolvePorts([
      ...wanted.map((name) => ({ variable: portVariables[name], port: ports[name] ?? 0 })),
      ...inspect.map(([name, port]) => ({ variable: `--inspect ${name}`, port })),
    ]);
    const portOf = (name: ProcessName) => resolved[wanted.indexOf(name)] ?? 0;
    stopIfAsked();
    const data = openDataFolder(options.dataFolder);
    folder = data;
    guard = createOrphanGuard();
    if (data.temporary) guard.removeFolder(data.path);

    engines = createEngines({
      region,
      ...(!usesOwnCredentials && { credentials: embeddedCredentials }),
      outside,
      data,
      supervise: (name, plan) => supervise(name, plan, data),
      isStopping: () => stopping !== undefined,
      installing: (name) => reporter.installing?.(name),
    });
    const [sqs, dynamodb, mail] = await Promise.all([
      engines.startSqs(portOf("sqs")),
      engines.startDynamoDb(portOf("dynamodb")),
      sendsMail ? engines.startMail(portOf("mail")) : undefined,
    ]);
    const surroundings: TierSurroundings = {
      region,
      sqsEndpoint: sqs.url,
      dynamoDbEndpoint: dynamodb,
      embeddedOnly,
      queues: sqs.queues,
      receiptKeys: given.RECEIPT_KEYS || data.receiptKeys(),
      ...(mail !== undefined && { mail: { sesEndpoint: mail, from: mailFrom, webUrl: urlOf(portOf("web") || 3000) } }),
    };
    environment = stackEnvironment({}, surroundings);
    const expected: StackUrls = Object.fromEntries(tiers.map((name) => [name, urlOf(portOf(name))]));
    // The console is available before the tiers are ready, to show their start.
    const [consoleUrl, ...tierUrls] = await Promise.all([
      wantsConsole ? startConsole(portOf("console"), expected, surroundings, data) : undefined,
      ...tiers.map((name) => startTier(name, portOf(name), surroundings, data)),
    ]);
    stopIfAsked();
    const consolePart = consoleUrl === undefined ? {} : { console: consoleUrl };
    const mailPart = mail === undefined ? {} : { mail };
    urls = { ...Object.fromEntries(tierUrls), ...consolePart, sqs: sqs.url, dynamodb, ...mailPart };
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
    // Tiers and console replays stop first: the engines must still be there to take back what they hold.
    await stopOf(["web", "worker", "console"]);
    await stopOf(engineNames);
    await engines?.close();
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
    usesOwnCredentials,
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
