/**
 * What is held in memory is bounded by configuration, however much waits outside. The drain of 1,000,000 registrations,
 * with the memory it takes, is a run of its own: `npm run faults -- --backlog 1000000`.
 */
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { startEngines } from "./cell.ts";
import { peopleIn } from "./exchange.ts";
import { createInstancesClient } from "./instances-client.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());

t.test("a worker holds no more than its pollers can receive, however long the queue is", async (t) => {
  const cell = await engines.createCell({ environment: { POLLERS: "2", WRITE_TIMEOUT_MS: "20000" } });
  t.teardown(() => cell.close());
  const [pollers, batch, packs, packSize] = [2, 10, 60, 100];
  await cell.put(Array.from({ length: packs }, () => encodePack(people(packSize))));
  const slow = cell.dynamoDbProxy.inject({ kind: "delay", ms: 300, actions: ["BatchExecuteStatement"] });
  const worker = await cell.startTier("worker");
  let most = 0;
  await eventually(
    async () => {
      most = Math.max(most, await worker.metric("turnout_registrations_held"));
      return (await cell.itemCount()) > (packs * packSize) / 4;
    },
    "a good part is stored",
    60_000,
  );
  slow.lift();
  await cell.drained(60_000);
  t.ok(most > 0 && most <= pollers * batch * packSize, `${most} held at most, of ${packs * packSize}`);
  await eventually(async () => (await worker.metric("turnout_registrations_held")) === 0, "it holds none in the end");
  t.equal(await cell.itemCount(), packs * packSize);
});

t.test("a web instance holds no more than its buffer allows while SQS is slow, and sheds the rest", async (t) => {
  const maxWaiting = 100;
  const cell = await engines.createCell({
    environment: { MAX_WAITING: String(maxWaiting), SENDS_IN_FLIGHT: "1", SEND_TIMEOUT_MS: "30000" },
  });
  t.teardown(() => cell.close());
  const client = createInstancesClient();
  t.teardown(() => client.close());
  const web = await cell.startTier("web");
  const held = cell.sqsProxy.arrivalOf("request", { actions: ["SendMessage"] });
  const [asked, outcomes]: [number, unknown[]] = [400, []];
  const replies = Array.from({ length: asked }, async (_, index) => {
    const person = { email: `buffered-${index}@example.org`, name: "In Buffer" };
    const { status, code } = await client.post(web.url, person, `buffered-${index}`);
    outcomes.push(code ?? status);
  });
  const arrival = await held;
  const underWay = peopleIn(arrival.exchange);
  const shed = asked - maxWaiting - underWay;
  await eventually(
    async () => (await web.metric("turnout_registrations_waiting")) === maxWaiting && outcomes.length === shed,
    "the buffer is full, and everybody else is answered",
  );
  arrival.proceed();
  await Promise.all(replies);
  t.equal(outcomes.filter((outcome) => outcome === 202).length, maxWaiting + underWay);
  t.equal(outcomes.filter((outcome) => outcome === "TURNOUT_OVERLOADED").length, shed);
});
