import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { eventually } from "../../equipment/eventually.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "../open-console.ts";

t.test("replays from the console", async (t) => {
  const { connection } = await startEngines(t);
  const { get, post, replays } = await openConsole(t, connection);
  const request = { canary: "1", rate: "100", why: "mended" };
  const waiting = async () => {
    const { sqs, queueUrl: QueueUrl } = connection;
    const AttributeNames = ["ApproximateNumberOfMessages" as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Number(Attributes?.ApproximateNumberOfMessages);
  };
  const good = await addRecord(connection, { reason: "crash-loop", registration: registrationOf("a@example.org") });
  const second = await addRecord(connection, { reason: "crash-loop", registration: registrationOf("b@example.org") });
  const bad = await addRecord(connection);

  t.test("say first what would happen, and send nothing", async (t) => {
    const all = await get("/replays/new?all=yes");
    t.match(all.body, /<b>2<\/b> of 3 would be sent[^]*<b>1<\/b> would not/);
    t.match((await get(`/replays/new?id=${bad.id}`)).body, "There is nothing to send");
    t.match((await get("/replays/new?id=gone")).body, "missing");
    t.equal((await get("/replays/new")).statusCode, 400);
    t.equal(await waiting(), 0);
  });

  t.test("want a reason and sound numbers before anything is sent", async (t) => {
    t.equal((await post("/replays", { id: good.id, canary: "1", rate: "100" })).statusCode, 400);
    t.equal((await post("/replays", { id: good.id, ...request, rate: "0" })).statusCode, 400);
    t.equal((await post("/replays", { ...request })).statusCode, 400);
    t.equal(await waiting(), 0);
  });

  t.test("send the canary, and no more while nothing is heard of it; only one runs at a time", async (t) => {
    const started = await post("/replays", { reason: "crash-loop", ...request });
    t.equal(started.statusCode, 303);
    const path = String(started.headers.location);
    t.match(await post("/replays", { reason: "crash-loop", ...request }), { statusCode: 400, body: /already running/ });
    t.match((await get(path)).body, "Replaying …");
    await eventually(() => replays.latest()?.summary, "nobody drains, so it ends by itself", 20_000);
    const page = await get(path);
    t.match(page.body, /Stopped before the end[^]*Does the worker run[^]*1 were not sent/);
    t.equal(await waiting(), 1);
    const states = await Promise.all([good, second].map(async ({ id }) => (await get(`/dead-letters/${id}`)).body));
    t.equal(states.filter((body) => body.includes("its outcome is not known yet")).length, 1);
  });

  t.test("can be stopped, twice, and are forgotten in peace", async (t) => {
    const id = replays.latest()?.id ?? "";
    t.equal((await post(`/replays/${id}/stop`)).statusCode, 303);
    t.equal((await post(`/replays/${id}/stop`)).statusCode, 303);
    t.match(await get("/replays/unknown"), { statusCode: 404, body: /history of each dead letter/ });
  });
});
