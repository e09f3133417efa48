import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import t from "tap";
import { waitWhileDraining } from "../../../load/people/drain.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

t.test("the wait for the drain", async (t) => {
  const { connection } = await startEngines(t);
  const { sqs, queueUrl: QueueUrl } = connection;
  const wait = (options: Partial<Parameters<typeof waitWhileDraining>[0]> = {}) =>
    waitWhileDraining({
      sqs,
      queueUrls: [QueueUrl, connection.deadLetterQueueUrl],
      signal: new AbortController().signal,
      stallSeconds: 30,
      onPoll() {},
      ...options,
    });

  await t.test("ends when the queues looked empty more than once", async (t) => {
    let looks = 0;
    t.equal(await wait({ onPoll: () => void (looks += 1) }), true);
    t.equal(looks, 2);
  });

  await t.test("goes on while there is a message, also one that somebody holds", async (t) => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "waiting" }));
    const seen: number[] = [];
    const drained = wait({
      async onPoll(messages) {
        seen.push(messages);
        if (seen.length !== 2) return;
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]!.ReceiptHandle }));
      },
    });
    t.equal(await drained, true);
    t.strictSame(seen, [1, 1, 0, 0]);
  });

  await t.test("gives up when nothing moves, and ends at once when it is told to", async (t) => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "stuck" }));
    t.equal(await wait({ stallSeconds: 0.3 }), false);
    const stop = new AbortController();
    const interrupted = wait({
      signal: stop.signal,
      onPoll: () => stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "x")),
    });
    await t.rejects(interrupted, { code: "TURNOUT_INTERRUPTED" });
  });
});
