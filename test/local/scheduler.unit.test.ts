import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { mock } from "node:test";
import type { Test } from "tap";
import { t } from "../equipment/file-test.ts";
import { postTask, readCronFile, startScheduler } from "../../local/scheduler.ts";
import { findFreePort } from "../../local/ports.ts";

async function worker(
  t: Test,
  answer: (request: IncomingMessage, body: string) => number | undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      const status = answer(request, chunks.join(""));
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const task = { name: "report-backlog", url: "/tasks/report-backlog", schedule: "* * * * *" };
const due = new Date("2026-02-03T04:05:00Z");

t.test("the shipped cron.yaml is read", async (t) => {
  const tasks = readCronFile(join(import.meta.dirname, "../../cron.yaml"));
  t.match(
    tasks.find(({ name }) => name === "report-backlog"),
    { url: "/tasks/report-backlog" },
  );
});

t.test("a cron.yaml with an error is rejected, naming file and error", async (t) => {
  const entry = (fields: string) => `version: 1\ncron:\n  - ${fields}`;
  const broken: [string, RegExp][] = [
    ["version: 2\ncron: []", /version/],
    ["version: 1\ncron:\n  - name: a", /url/],
    [entry("{name: a, url: tasks, schedule: '* * * * *'}"), /url/],
    [entry("{name: a, url: /a, schedule: 'every day'}"), /every day/],
    [entry("{name: a, url: /a, schedule: '0 * * * * *'}"), /five fields/],
    [
      `${entry("{name: a, url: /a, schedule: '* * * * *'}")}\n  - {name: a, url: /b, schedule: '* * * * *'}`,
      /two tasks/,
    ],
    ["version: [", /cannot be read/],
  ];
  for (const [content, error] of broken) {
    const file = join(t.testdir({ "cron.yaml": content }), "cron.yaml");
    t.throws(() => readCronFile(file), { message: new RegExp(`cron\\.yaml.*${error.source}`, "s") }, content);
  }
  t.throws(() => readCronFile("/nowhere/cron.yaml"), { message: /nowhere/ });
});

t.test("a task is posted as Beanstalk's daemon posts it: empty JSON body and its headers", async (t) => {
  let seen: { method?: string; url?: string; headers: IncomingMessage["headers"]; body: string } | undefined;
  const workerUrl = await worker(t, ({ method = "", url = "", headers }, body) => {
    seen = { method, url, headers, body };
    return 200;
  });
  t.equal(await postTask(workerUrl, task, due, 5_000), undefined);
  t.match(seen, {
    method: "POST",
    url: "/tasks/report-backlog",
    body: "",
    headers: {
      "content-type": "application/json",
      "content-length": "0",
      "user-agent": /^aws-sqsd\//,
      "x-aws-sqsd-taskname": "report-backlog",
      "x-aws-sqsd-scheduled-at": "2026-02-03T04:05:00.000Z",
      "x-aws-sqsd-sender-id": /./,
      "x-aws-sqsd-msgid": /^[0-9a-f-]{36}$/,
      "x-aws-sqsd-receive-count": "1",
    },
  });
});

t.test("only 200 is success: another status, silence and an absent worker are told", async (t) => {
  t.match(await postTask(await worker(t, () => 201), task, due, 5_000), /201/);
  t.match(await postTask(await worker(t, () => 500), task, due, 5_000), /500/);
  t.match(await postTask(await worker(t, () => undefined), task, due, 100), /no answer within 0.1 s|aborted/);
  t.match(await postTask(`http://127.0.0.1:${await findFreePort()}`, task, due, 5_000), /ECONNREFUSED/);
});

t.test("a scheduler posts what is due, tells failures, and falls silent when stopped", async (t) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: due });
  t.teardown(() => mock.timers.reset());
  let posts = 0;
  const posted = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<string>();
  const url = await worker(t, () => {
    posts += 1;
    posted.resolve();
    return 503;
  });
  const scheduler = startScheduler({
    tasks: [task],
    workerUrl: url,
    onFailure: ({ name }, why) => failed.resolve(`${name}: ${why}`),
  });
  t.teardown(() => scheduler.stop());
  mock.timers.tick(60_000);
  await posted.promise;
  t.equal(await failed.promise, "report-backlog: it answered 503");
  scheduler.stop();
  scheduler.stop();
  mock.timers.tick(180_000);
  t.equal(posts, 1);
});
