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
  const another = await addRecord(connection, { reason: "crash-loop", registration: registrationOf("b@example.org") });
  const bad = await addRecord(connection);

  t.test("say first what would happen, and send nothing", async (t) => {
    const all = await get("/replays/new?all=yes");
    t.match(all.body, /<b>2<\/b> of 3 would be sent[^]*<b>1<\/b> would not/);
    t.match((await get(`/replays/new?id=${bad.id}`)).body, "There is nothing to send");
    t.match((await get("/replays/new?id=gone")).body, "missing");
    t.equal((await get("/replays/new")).statusCode, 400);
    t.equal(await waiting(), 0);
  });

  t.test("want a reason and sound numbers before anything is sent, and give back what was typed", async (t) => {
    const unexplained = await post("/replays", { id: good.id, canary: "7", rate: "100", why: " " });
    t.match(unexplained, {
      statusCode: 400,
      body: /role="alert"[^]*Please give a reason[^]*name="canary"[^>]*value="7"/,
    });
    const hasty = await post("/replays", { id: good.id, ...request, rate: "0" });
    t.match(hasty, { statusCode: 400, body: /value="mended"/ });
    t.equal((await post("/replays", { ...request })).statusCode, 400);
    t.equal((await post("/replays", { id: "gone", ...request })).statusCode, 303, "it says itself what is missing");
    await eventually(async () => !(await replays.busy()), "its end");
    t.equal(await waiting(), 0);
  });

  t.test("send the canary, and no more while nothing is heard of it; only one runs at a time", async (t) => {
    const started = await post("/replays", { reason: "crash-loop", ...request });
    t.equal(started.statusCode, 303);
    const path = String(started.headers.location);
    const second = await post("/replays", { reason: "crash-loop", ...request });
    t.match(second, { statusCode: 409, body: /only one runs at a time/ });
    t.match(second.body, `<a href="${path}">see its progress, or stop it</a>`);
    t.match((await get(path)).body, /Replaying …[^]*Stop</);
    t.match((await get("/replays")).body, new RegExp(`data-events="${path}/events"[^]*all open, reason crash-loop`));
    await eventually(async () => (await waiting()) === 1, "the canary is sent");

    t.equal((await post(`${path}/stop`)).headers.location, path);
    t.equal((await post(`${path}/stop`)).statusCode, 303, "twice");
    await eventually(async () => (await get(path)).body.includes("Stopped before the end"), "the end", 20_000);
    t.match((await get(path)).body, /stopped by [^]*Not reached: 1\.[^]*Resume</);
    t.match(await post(`${path}/stop`), { statusCode: 409, body: /stopped already/ });
    t.equal(await waiting(), 1);
    const states = await Promise.all([good, another].map(async ({ id }) => (await get(`/dead-letters/${id}`)).body));
    t.equal(states.filter((body) => body.includes("its outcome is not known yet")).length, 1);
  });

  t.test("can be resumed, and nothing is sent twice", async (t) => {
    const { run } = (await replays.list())[0]!;
    const resumed = await post(`/replays/${run.id}/resume`);
    t.equal(resumed.statusCode, 303, resumed.body.replace(/<[^>]+>/g, " ").slice(0, 900));
    await eventually(async () => (await waiting()) === 2, "the other one is sent, too");
    t.match(await post(`/replays/${run.id}/resume`), { statusCode: 409, body: /only one runs at a time/ });
    t.match(await replays.find(run.id), { standing: "running", run: { sent: 2, hands: { length: 2 } } });
    t.equal((await post(`/replays/${run.id}/stop`)).statusCode, 303);
  });

  t.test("are not found for ever", async (t) => {
    t.match(await get("/replays/unknown"), { statusCode: 404, body: /history of each dead letter/ });
    t.match(await get("/replays/20260131T094500-3f9a51c2"), { statusCode: 404 });
    t.match(await post("/replays/20260131T094500-3f9a51c2/stop"), { statusCode: 404 });
  });
});
