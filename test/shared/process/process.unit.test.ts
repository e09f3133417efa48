import { EventEmitter } from "node:events";
import { t } from "../../equipment/file-test.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { createLifecycle, type Part } from "../../../shared/process/lifecycle.ts";
import { runProcess, type HostProcess, type Tier } from "../../../shared/process/process.ts";
import { recordLog, type LogRecord } from "../../equipment/recorded-log.ts";

interface Host {
  readonly process: HostProcess;
  /** Settles with the first exit code. */
  readonly exited: Promise<number>;
  readonly emitter: EventEmitter;
  said(): string;
  /** Signals that it sent to itself. */
  readonly signals: string[];
}

/** The parts of a process that a tier's life needs, none of which ends this one. */
function host(): Host {
  const emitter = new EventEmitter();
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  let text = "";
  const signals: string[] = [];
  const parts = {
    on: emitter.on.bind(emitter),
    once: emitter.once.bind(emitter),
    exit: resolve,
    pid: 1_234,
    kill: (pid: number, signal: string) => void signals.push(`${signal} to ${pid}`),
    stderr: Object.assign(new EventEmitter(), { write: (chunk: string) => (text += chunk) }),
  };
  return { process: parts as unknown as HostProcess, exited, emitter, said: () => text, signals };
}

function tier(
  parts: readonly Part[],
  { deadlineSeconds = 10, logWritten = true } = {},
): { tier: Tier; records: LogRecord[]; closes: () => number } {
  const { logger, records } = recordLog();
  let closes = 0;
  const log = { logger, close: async () => ((closes += 1), logWritten) };
  return {
    tier: { lifecycle: createLifecycle(parts, { deadlineSeconds, logger }), log },
    records,
    closes: () => closes,
  };
}

for (const signal of ["SIGTERM", "SIGINT"]) {
  t.test(`${signal} stops everything, writes the log out and ends with 0`, async (t) => {
    const stopped: string[] = [];
    const { process, exited, emitter } = host();
    const made = tier([{ name: "http", stop: () => void stopped.push("http") }]);
    await runProcess(process, async () => made.tier);
    emitter.emit(signal);
    t.equal(await exited, 0);
    t.same(stopped, ["http"]);
    t.equal(made.closes(), 1);
    t.match(made.records, [{ why: signal, msg: "stopping" }, { clean: true }]);
  });
}

t.test(
  "a broken environment is told on standard error with its code, and ends with 1 before anything starts",
  async (t) => {
    const { process, exited, emitter, said } = host();
    await runProcess(process, async () => {
      throw new TurnoutError(
        "TURNOUT_ENVIRONMENT_INVALID",
        "The environment has 1 error(s):\n  - QUEUE_URL is not set",
      );
    });
    t.equal(await exited, 1);
    t.equal(said(), "TURNOUT_ENVIRONMENT_INVALID: The environment has 1 error(s):\n  - QUEUE_URL is not set\n");
    t.equal(emitter.listenerCount("SIGTERM"), 0);
  },
);

t.test("a part that cannot start ends the process with 1, after those before it were stopped", async (t) => {
  const stopped: string[] = [];
  const { process, exited, said } = host();
  const made = tier([
    { name: "clients", stop: () => void stopped.push("clients") },
    { name: "http", start: () => Promise.reject(new Error("address in use")) },
  ]);
  await runProcess(process, async () => made.tier);
  t.equal(await exited, 1);
  t.same(stopped, ["clients"]);
  t.match(said(), /address in use/);
});

for (const event of ["uncaughtException", "unhandledRejection"]) {
  t.test(`${event} is logged, stops everything and ends with 1`, async (t) => {
    const stopped: string[] = [];
    const { process, exited, emitter } = host();
    const made = tier([{ name: "http", stop: () => void stopped.push("http") }]);
    await runProcess(process, async () => made.tier);
    emitter.emit(event, new Error("nobody caught this"));
    t.equal(await exited, 1);
    t.same(stopped, ["http"]);
    t.match(made.records, [{ level: 60, msg: event }, { why: event }, {}]);
  });
}

t.test("a stop that is not clean ends with 1", async (t) => {
  const { process, exited, emitter } = host();
  const made = tier([{ name: "hangs", stop: () => new Promise(() => {}) }], { deadlineSeconds: 0.05 });
  await runProcess(process, async () => made.tier);
  emitter.emit("SIGTERM");
  t.equal(await exited, 1);
});

t.test("a second signal waits for the same stop", async (t) => {
  let stops = 0;
  const slow = Promise.withResolvers<void>();
  const { process, exited, emitter } = host();
  const made = tier([{ name: "http", stop: () => ((stops += 1), slow.promise) }]);
  await runProcess(process, async () => made.tier);
  emitter.emit("SIGINT");
  emitter.emit("SIGTERM");
  slow.resolve();
  t.equal(await exited, 0);
  t.equal(stops, 1);
});

t.test("a standard error that cannot be written to ends nothing", async (t) => {
  const { process, exited, emitter } = host();
  await runProcess(process, async () => tier([]).tier);
  process.stderr.emit("error", new Error("EPIPE"));
  emitter.emit("SIGTERM");
  t.equal(await exited, 0);
});

t.test("a thread that is held up in a write of the log does not hold up the end", async (t) => {
  const { process, exited, emitter, signals } = host();
  await runProcess(process, async () => tier([], { logWritten: false }).tier);
  emitter.emit("SIGTERM");
  await exited;
  t.same(signals, ["SIGKILL to 1234"]);
});

t.test("control: without such a thread it exits, and kills nobody", async (t) => {
  const { process, exited, emitter, signals } = host();
  await runProcess(process, async () => tier([]).tier);
  emitter.emit("SIGTERM");
  t.equal(await exited, 0);
  t.same(signals, []);
});
