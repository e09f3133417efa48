import { connect } from "node:net";
import { startFauxqs } from "fauxqs";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import t, { type Test } from "tap";
import { findFreePort } from "../../../local/ports.ts";
import { sqsPlan, urlOf } from "../../../local/process-plans.ts";
import { provisionQueues } from "../../../local/provision.ts";
import { createSupervisedProcess } from "../../../local/supervisor.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const region = "eu-central-1";

async function connects(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

async function startEngine(t: Test, folder: string) {
  const port = await findFreePort();
  const endpoint = { endpoint: urlOf(port), region, credentials };
  const engine = createSupervisedProcess(
    sqsPlan(port, region, folder, async () => void (await provisionQueues(endpoint, 1))),
  );
  t.teardown(() => engine.stop());
  await engine.start();
  return { port, engine, ...(await provisionQueues(endpoint, 1)), sqs: new SQSClient(endpoint) };
}

// Every address of 127/8 is this machine's on Linux, and only a server that binds all addresses answers on another one.
t.test(
  "the embedded SQS is reachable on 127.0.0.1 and nowhere else",
  { skip: process.platform !== "linux" },
  async (t) => {
    const { port } = await startEngine(t, t.testdir());
    t.ok(await connects("127.0.0.1", port));
    t.notOk(await connects("127.0.0.2", port));
    const open = await startFauxqs({ port: 0, logger: false });
    t.teardown(() => open.stop());
    t.ok(await connects("127.0.0.2", open.port), "control: fauxqs as it comes is open");
  },
);

t.test("messages outlive a kill -9 of the engine", async (t) => {
  const { engine, sqs, queueUrl } = await startEngine(t, t.testdir());
  t.teardown(() => sqs.destroy());
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "kept" }));
  engine.kill("SIGKILL");
  await engine.ended();
  await engine.start();
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 5 }));
  t.equal(Messages?.[0]?.Body, "kept");
});

t.test("a wrong environment ends it at once, told by name", async (t) => {
  const plan = { ...sqsPlan(1, region, "", async () => {}), env: {} };
  const engine = createSupervisedProcess(plan);
  await t.rejects(engine.start(), { message: /PORT is not set[^]*DATA_FOLDER is not set/ });
});
