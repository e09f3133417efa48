/** Each tier as production starts it: a broken environment ends it before anything listens, with everything that is wrong. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import t from "tap";
import { findFreePort } from "../../local/ports.ts";
import { tierPlan } from "../../local/process-plans.ts";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "../equipment/engines.ts";

t.setTimeout(240_000);
// Processes start slowly and mostly wait: these tests run beside each other.
t.jobs = 4;
const buffered = { buffered: true };
const tiers = ["web", "worker"] as const;

const endsWithinMs = 60_000;

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(tier: "web" | "worker", environment: Record<string, string>) {
  const { command, args, cwd } = tierPlan(tier, 0, {});
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const lateness = setTimeout(() => {
    stderr += `\nIt did not end within ${endsWithinMs} ms. ${threadsOf(child.pid!)}`;
    child.kill("SIGKILL");
  }, endsWithinMs);
  const ended = once(child, "close").then(([code, signal]): Outcome => {
    clearTimeout(lateness);
    if (signal !== null) t.comment(`${tier} was ended by ${signal}`, { stdout, stderr });
    return { code, signal, stdout, stderr };
  });
  t.teardown(() => child.kill("SIGKILL"));
  return { ended, output: () => stdout, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** @returns what each thread of a process waits for, where the system tells */
function threadsOf(pid: number): string {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((id) =>
      ["comm", "wchan"].map((file) => readFileSync(`/proc/${pid}/task/${id}/${file}`, "utf8").trim()).join(" in "),
    );
    return `Its threads: ${threads.join(", ")}`;
  } catch (error) {
    return String(error);
  }
}

async function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

const wrong = {
  web: {
    missing: [
      "AWS_REGION",
      "QUEUE_URL",
      "REGISTRATIONS_TABLE",
      "DEAD_LETTERS_TABLE",
      "OUTCOMES_TABLE",
      "ACTIVITY_TABLE",
      "CONTROLS_TABLE",
      "RECEIPT_KEYS",
    ],
    given: { LOG_LEVEL: "loud", MAX_WAITING: "none" },
  },
  worker: {
    missing: [
      "AWS_REGION",
      "QUEUE_URL",
      "DEAD_LETTER_QUEUE_URL",
      "REGISTRATIONS_TABLE",
      "DEAD_LETTERS_TABLE",
      "OUTCOMES_TABLE",
      "ACTIVITY_TABLE",
    ],
    given: { POLLERS: "0", RECEIVE_WAIT_SECONDS: "21" },
  },
} as const;

const engines = await startEngines(t);
const queue = await engines.createQueue();
const complete: Record<string, string> = {
  ...engines.environment,
  QUEUE_URL: queue.url,
  DEAD_LETTER_QUEUE_URL: queue.deadLetterUrl,
  REGISTRATIONS_TABLE: await engines.createTable(),
  DEAD_LETTERS_TABLE: await engines.createTable("id"),
  OUTCOMES_TABLE: await engines.createTable("id"),
  ACTIVITY_TABLE: await engines.createTable("bucket"),
  CONTROLS_TABLE: await engines.createTable("id"),
  RECEIPT_KEYS: `k:${Buffer.alloc(32, 1).toString("base64")}`,
  RECEIVE_WAIT_SECONDS: "1",
};

for (const tier of tiers) {
  t.test(
    `${tier}: one message lists everything that is missing or wrong, exit 1, and nothing ever listened`,
    buffered,
    async (t) => {
      // A port that is taken: whoever tried to listen there would have to say so.
      const taken = createServer();
      t.teardown(() => taken.close());
      await once(taken.listen(0), "listening");
      const { port } = taken.address() as AddressInfo;
      const { code, stderr } = await start(tier, { ...wrong[tier].given, PORT: String(port) }).ended;
      t.equal(code, 1);
      t.notMatch(stderr, /EADDRINUSE/);
      const { missing, given } = wrong[tier];
      t.match(
        stderr,
        new RegExp(
          `^TURNOUT_ENVIRONMENT_INVALID: The environment has ${missing.length + Object.keys(given).length} error`,
        ),
      );
      for (const name of missing) t.match(stderr, new RegExp(`- ${name} is not set`));
      for (const [name, value] of Object.entries(given))
        t.match(stderr, new RegExp(`- ${name} was "${value}", allowed is`));
      t.notMatch(stderr, /\.ts:\d|node_modules/, "no stack trace");
    },
  );
}

t.test("web: an event file that is missing ends it as well, and is named", buffered, async (t) => {
  const { code, stderr } = await start("web", { ...complete, EVENT_FILE: "no-such-event.json", PORT: "0" }).ended;
  t.equal(code, 1);
  t.match(stderr, /TURNOUT_EVENT_INVALID.*no-such-event\.json/);
});

t.test("a port that is taken ends it with exit 1", buffered, async (t) => {
  const { port } = new URL(engines.sqsProxy.url);
  await Promise.all(
    tiers.map(async (tier) => {
      const { code, stderr } = await start(tier, { ...complete, PORT: port }).ended;
      t.equal(code, 1, tier);
      t.match(stderr, /EADDRINUSE/);
    }),
  );
});

t.test("a signal ends either tier with exit 0, and further signals on top change nothing", buffered, async (t) => {
  await Promise.all(
    tiers.map(async (tier) => {
      const port = await findFreePort();
      const running = start(tier, { ...complete, PORT: String(port) });
      await eventually(() => listens(port), `${tier} listens`, 60_000);
      for (const signal of ["SIGINT", "SIGTERM", "SIGTERM"] as const) running.kill(signal);
      const { code, signal } = await running.ended;
      t.equal(code, 0, `${tier} ended by ${signal}`);
      t.equal(await listens(port), false);
    }),
  );
});
