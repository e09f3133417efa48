/** Killed with -9, at the moments that matter: what was accepted is stored once, whoever dies when. */
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { eventually } from "../equipment/eventually.ts";
import { people } from "../equipment/people.ts";
import { expectStored } from "./expect-stored.ts";
import { outcomeOf } from "../../load/run/registration-client.ts";
import { createInstancesClient } from "./instances-client.ts";
import { startEngines } from "./cell.ts";
import { peopleIn } from "./exchange.ts";
import type { Point } from "./fault-proxy.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;
const client = createInstancesClient();
t.teardown(() => client.close());

const workerMoments: readonly { name: string; action: string; point: Point; times: number }[] = [
  { name: "before the write", action: "BatchExecuteStatement", point: "request", times: 2 },
  { name: "after the write", action: "BatchExecuteStatement", point: "answer", times: 2 },
  { name: "before the delete", action: "DeleteMessageBatch", point: "request", times: 2 },
  { name: "after the delete", action: "DeleteMessageBatch", point: "answer", times: 1 },
];

for (const { name, action, point, times } of workerMoments) {
  t.test(`a worker killed ${name} leaves everything to redelivery, and each registration is stored once`, async (t) => {
    const cell = await engines.createCell({ visibilityTimeoutSeconds: 2 });
    t.teardown(() => cell.close());
    const registrations = people(120);
    await cell.put([encodePack(registrations.slice(0, 60)), encodePack(registrations.slice(60))]);
    const proxy = action === "DeleteMessageBatch" ? cell.sqsProxy : cell.dynamoDbProxy;
    let next = proxy.arrivalOf(point, { actions: [action] });
    const worker = await cell.startTier("worker");
    for (let kills = 0; kills < times;) {
      const arrival = await next;
      // A call of the life before, still on the wire, is nobody's to be killed for.
      if (await worker.crash()) kills += 1;
      if (kills < times) next = proxy.arrivalOf(point, { actions: [action] });
      arrival.cut();
    }
    await cell.drained();
    t.same(
      worker.ends,
      Array.from({ length: times }, () => "ended by SIGKILL"),
    );
    await expectStored(t, cell, registrations);
  });
}

t.test("a web instance answers 202 only after the pack's send was confirmed", async (t) => {
  // Whoever waits here for the machine must not see a second attempt.
  const cell = await engines.createCell({ environment: { SEND_TIMEOUT_MS: "30000" } });
  t.teardown(() => cell.close());
  const web = await cell.startTier("web");
  const confirmation = cell.sqsProxy.arrivalOf("answer", { actions: ["SendMessage"] });
  let answered = false;
  const reply = client.post(web.url, { email: "early@example.org", name: "Early" }, "early-bird").then((got) => {
    answered = true;
    return got;
  });
  const arrival = await confirmation;
  t.equal((await cell.counts()).waiting, 1, "SQS has the pack");
  t.equal((await web.health()).httpStatus, 200, "the instance answers others meanwhile");
  t.notOk(answered, "nobody was told that it is accepted");
  arrival.proceed();
  t.equal((await reply).status, 202);
});

const webMoments: readonly { name: string; point: Point; packs: number }[] = [
  { name: "before SQS hears of its pack", point: "request", packs: 0 },
  { name: "after SQS took its pack", point: "answer", packs: 1 },
];

for (const { name, point, packs } of webMoments) {
  t.test(`a web instance killed mid-send, ${name}, has promised nothing, and a retry counts once`, async (t) => {
    const cell = await engines.createCell({
      visibilityTimeoutSeconds: 2,
      environment: { SENDS_IN_FLIGHT: "1", SEND_TIMEOUT_MS: "30000" },
    });
    t.teardown(() => cell.close());
    const web = await cell.startTier("web");
    const held = cell.sqsProxy.arrivalOf(point, { actions: ["SendMessage"] });
    const submissions = Array.from({ length: 40 }, (_, index) => ({
      email: `mid-${index}@example.org`,
      name: "Mid Send",
    }));
    const replies = submissions.map((submission) => client.post(web.url, submission, `key-${submission.email}`));
    const arrival = await held;
    const underWay = peopleIn(arrival.exchange);
    await eventually(
      async () => (await web.metric("turnout_registrations_waiting")) === submissions.length - underWay,
      "everybody is at the instance that is killed",
    );
    await web.crash();
    arrival.cut();
    const outcomes = (await Promise.all(replies)).map(outcomeOf);
    t.same(new Set(outcomes), new Set(["unknown"]), "nobody was told anything");
    await web.process.start();
    t.equal((await cell.counts()).waiting, packs, "what SQS took is there");
    const again = await Promise.all(
      submissions.map((submission) => client.post(web.url, submission, `key-${submission.email}`)),
    );
    t.same(new Set(again.map(({ status }) => status)), new Set([202]));
    await cell.startTier("worker");
    await cell.drained();
    await expectStored(
      t,
      cell,
      submissions.map(({ email, name: given }) => ({
        id: registrationId(`key-${email}`, email),
        email,
        name: given,
        answers: {},
      })),
    );
  });
}
