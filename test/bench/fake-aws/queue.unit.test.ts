import { t } from "../../equipment/file-test.ts";
import { createFakeQueue } from "../../../bench/fake-aws/queue.ts";
import { registrationOf, submissionOf } from "../../../bench/people.ts";
import { decodePack, encodePack } from "../../../shared/registration/registration-pack.ts";

const QueueUrl = "http://127.0.0.1/000000000000/registrations";
const here = () => false;

t.test("everybody in a message is counted, in a pack or alone, and whoever comes again or is a stranger", async (t) => {
  const queue = createFakeQueue();
  await queue.answer("SendMessage", { QueueUrl, MessageBody: encodePack([1, 2, 3].map(registrationOf)) }, here);
  await queue.answer(
    "SendMessageBatch",
    { QueueUrl, Entries: [{ Id: "0", MessageBody: JSON.stringify(submissionOf(3)) }] },
    here,
  );
  await queue.answer("SendMessage", { QueueUrl, MessageBody: '{"email":"somebody@example.org"}' }, here);
  t.match(queue.counts(), { sends: 3, messagesSent: 3, sent: { people: 3, again: 1, strangers: 1 } });
});

t.test("a receipt of a send carries the right checksum", async (t) => {
  const queue = createFakeQueue();
  const body = JSON.stringify({ email: "person-1@example.org" });
  const receipt = await queue.answer("SendMessage", { QueueUrl, MessageBody: body }, here);
  t.equal(receipt.MD5OfMessageBody, "c33170aecc71b0eb802cab343bb680c6");
});

t.test("what was supplied is handed out once, whole, and nothing to a process that has gone", async (t) => {
  const queue = createFakeQueue();
  queue.supply({ firstPerson: 10, people: 5, packSize: 2 });
  const ask = { QueueUrl, MaxNumberOfMessages: 2 };
  t.same(await queue.answer("ReceiveMessage", ask, () => true), {});
  const first = (await queue.answer("ReceiveMessage", ask, here)) as { Messages: { Body: string }[] };
  const second = (await queue.answer("ReceiveMessage", ask, here)) as { Messages: { Body: string }[] };
  const emails = [...first.Messages, ...second.Messages]
    .flatMap(({ Body }) => decodePack(Body).registrations)
    .map(({ email }) => email);
  t.same(
    emails,
    [10, 11, 12, 13, 14].map((person) => `person-${person}@example.org`),
  );
  t.same(await queue.answer("ReceiveMessage", ask, here), {});
});

t.test("a long poll ends when something is supplied", async (t) => {
  const queue = createFakeQueue();
  const poll = queue.answer("ReceiveMessage", { QueueUrl, WaitTimeSeconds: 20 }, here);
  queue.supply({ firstPerson: 0, people: 1, packSize: 0 });
  t.match(await poll, { Messages: [{ ReceiptHandle: "0" }] });
});
