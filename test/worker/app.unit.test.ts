import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "prom-client";
import { t } from "../equipment/file-test.ts";
import { parse } from "yaml";
import { createRegistry } from "../../shared/process/metrics.ts";
import { buildWorkerApp, type Task } from "../../worker/app.ts";
import type { Health } from "../../worker/health.ts";
import { recordLog } from "../equipment/recorded-log.ts";

function prepare(tasks: Record<string, Task> = {}) {
  const log = recordLog();
  let health: Health = { status: "ok", causes: [] };
  const app = buildWorkerApp({ health: () => health, registry: createRegistry("worker"), tasks, logger: log.logger });
  t.teardown(() => app.close());
  return { app, log, setHealth: (next: Health) => (health = next) };
}

/** As Elastic Beanstalk's daemon posts: an empty body that calls itself JSON. */
const daemonPost = (task: string) => ({
  method: "POST" as const,
  url: `/tasks/${task}`,
  headers: {
    "content-type": "application/json",
    "content-length": "0",
    "user-agent": "aws-sqsd/3.0",
    "x-aws-sqsd-taskname": task,
    "x-aws-sqsd-scheduled-at": "2026-03-01T10:00:00Z",
  },
});

t.test("health is 200 while all is well and 503 with the causes while it is not, never cached", async (t) => {
  const { app, setHealth } = prepare();
  const well = await app.inject("/health");
  t.equal(well.statusCode, 200);
  t.same(well.json(), { status: "ok", causes: [] });
  setHealth({ status: "unhealthy", causes: ["table: allow dynamodb:PartiQLInsert on registrations"] });
  const ill = await app.inject("/health");
  t.equal(ill.statusCode, 503);
  t.same(ill.json(), { status: "unhealthy", causes: ["table: allow dynamodb:PartiQLInsert on registrations"] });
  t.equal(ill.headers["cache-control"], "no-store");
});

t.test("metrics are in the format that Prometheus reads", async (t) => {
  const { app } = prepare();
  const reply = await app.inject("/metrics");
  t.equal(reply.statusCode, 200);
  t.equal(reply.headers["content-type"], new Registry().contentType);
  t.match(reply.body, /^process_cpu_seconds_total\{tier="worker"\} [\d.]+$/m);
});

t.test("a task that the daemon posts with an empty body runs, and is answered 200 when it is done", async (t) => {
  let runs = 0;
  const { app } = prepare({
    async "report-backlog"() {
      runs += 1;
    },
  });
  const reply = await app.inject(daemonPost("report-backlog"));
  t.equal(reply.statusCode, 200);
  t.same(reply.json(), { task: "report-backlog", outcome: "done" });
  t.equal(runs, 1);
});

t.test("whatever the body is, it is not read", async (t) => {
  const { app } = prepare({ task: async () => {} });
  for (const [type, payload] of [
    ["application/json", "{broken"],
    ["application/json", '{"__proto__":{"x":1}}'],
    ["application/x-www-form-urlencoded", "a=b"],
    ["text/plain", "text"],
    ["image/png", "\u0000\u0001"],
  ] as const) {
    const reply = await app.inject({ ...daemonPost("task"), headers: { "content-type": type }, payload });
    t.equal(reply.statusCode, 200, type);
  }
  const large = await app.inject({ method: "POST", url: "/tasks/task", payload: "x".repeat(20_000) });
  t.equal(large.statusCode, 413);
});

t.test(
  "a task that fails is not answered 200, so that the daemon posts it again, and says nothing of why",
  async (t) => {
    const { app, log } = prepare({
      task: () => Promise.reject(new Error("connect ECONNREFUSED")),
      thrower() {
        throw new Error("thrown at once");
      },
    });
    for (const task of ["task", "thrower"]) {
      const reply = await app.inject(daemonPost(task));
      t.equal(reply.statusCode, 503);
      t.same(reply.json(), { task, outcome: "failed" });
      t.match(log.records.at(-1), { task, msg: /failed/ });
    }
  },
);

t.test("a task that nobody knows is 404, whatever its name is", async (t) => {
  const { app } = prepare({ "report-backlog": async () => {} });
  for (const name of ["nothing", "constructor", "__proto__", "toString", "%00", "a%2Fb"]) {
    t.equal((await app.inject(daemonPost(name))).statusCode, 404, name);
  }
  t.equal((await app.inject({ url: "/tasks/report-backlog" })).statusCode, 404, "a task is posted, not fetched");
});

t.test("every task of cron.yaml is one that the worker's main module offers", async (t) => {
  const root = join(import.meta.dirname, "..", "..");
  const { cron } = parse(readFileSync(join(root, "cron.yaml"), "utf8")) as { cron: { url: string }[] };
  const main = readFileSync(join(root, "worker", "main.ts"), "utf8");
  t.ok(cron.length > 0);
  for (const { url } of cron) {
    const name = /^\/tasks\/(.+)$/.exec(url)?.[1];
    t.ok(name && main.includes(`"${name}":`), url);
  }
});
