import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { t } from "../equipment/file-test.ts";
import { startConsole } from "../../console/console.ts";
import { createActivityRecorder } from "../../shared/activity/recorder.ts";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { deadConnection, event } from "./open-console.ts";

const options = {
  event,
  port: 0,
  key: "a-key-of-this-test",
  openToMachine: false,
  pollIntervalSeconds: 1,
  wallClock: Date.now,
};

t.test("it listens on loopback alone, and its link opens it", async (t) => {
  const running = await startConsole({ ...options, connection: deadConnection(t) });
  t.teardown(() => running.stop());
  const url = new URL(running.url);
  t.match(url, { hostname: "127.0.0.1", search: "?token=a-key-of-this-test" });
  const opened = await fetch(url, { redirect: "manual" });
  t.match(opened.headers.get("set-cookie"), `turnout-console-${url.port}=`);
  const headers = { cookie: opened.headers.get("set-cookie")!.split(";")[0]! };
  t.match(await (await fetch(url.origin, { headers })).text(), "Overview");
  const rebound = await new Promise<number | undefined>((resolve) =>
    get({ host: "127.0.0.1", port: url.port, headers: { host: "evil.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }),
  );
  t.equal(rebound, 421);

  const stream = await fetch(`${url.origin}/events`, { headers });
  const reader = stream.body!.getReader();
  t.match(new TextDecoder().decode((await reader.read()).value), "data: {");
  await Promise.all([running.stop(), running.stop()]);
  await t.rejects(fetch(`${url.origin}/health`), "the port is free again, open streams or not");
});

t.test("open to the machine, the address alone opens it", async (t) => {
  const running = await startConsole({ ...options, openToMachine: true, connection: deadConnection(t) });
  t.teardown(() => running.stop());
  t.notMatch(running.url, "token");
  t.equal((await fetch(running.url)).status, 200);
});

t.test("a port in use is the system's own error, and leaves nothing behind", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await t.rejects(startConsole({ ...options, port, connection: deadConnection(t) }), { code: "EADDRINUSE" });
});

t.test("started again, its charts still show the last hour", async (t) => {
  const { connection } = await startEngines(t);
  for (const minutesAgo of [50, 30, 5]) {
    const web = createActivityRecorder({
      documents: connection.documents,
      table: connection.activityTable,
      processId: `web-${minutesAgo}`,
      read: () => ({ accepted: 600, packsSent: 3 }),
      logger: { info() {}, warn: () => t.fail("activity is written") },
      construct: "",
      wallClock: () => Date.now() - minutesAgo * 60_000,
      random: Math.random,
    });
    await web.record();
  }
  for (const start of ["first", "second"]) {
    const running = await startConsole({ ...options, openToMachine: true, connection });
    t.teardown(() => running.stop());
    const chart = await eventually(async () => {
      const history = (await (await fetch(`${running.url}/history.json`)).json()) as Record<string, number[]>;
      return history["at"]!.length > 0 && history;
    }, "something is seen");
    const minutes = Math.round((Date.now() / 1_000 - chart["at"]![0]!) / 60);
    t.ok(minutes >= 49 && minutes <= 51, `${start} start: the chart begins ${minutes} minutes ago`);
    t.equal(chart["acceptedPerSecond"]!.filter((rate) => rate > 0).length, 3);
    await running.stop();
  }
});
