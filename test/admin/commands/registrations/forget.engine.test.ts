import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { ForgetOutput } from "../../../../admin/commands/registrations/forget.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll, unreadable } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);
const { documents, registrationsTable, deadLettersTable, sqs, queueUrl } = connection;
const { email } = person(1);
await putAll(documents, registrationsTable, [{ ...person(1) }, { ...person(2) }]);
await putAll(documents, deadLettersTable, [deadLetter(1), deadLetter(2), unreadable("raw-1", `broken ${email}`)]);

async function forget(...line: string[]) {
  const run = await runCommand(["registrations", "forget", email, "--json", ...line], { env });
  t.ok(Compile(ForgetOutput).Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  return { code: run.code, output: run.json() };
}

t.test("a dry run says what it found and erases nothing", async (t) => {
  for (const _ of [1, 2]) {
    const { code, output } = await forget();
    t.equal(code, 0);
    t.match(output, { executed: false, registration: "found", tombstone: false, deadLetters: { length: 2 } });
  }
});

t.test("where nobody can be asked, it takes --yes", async (t) => {
  const { code, stderr } = await runCommand(["registrations", "forget", email, "--execute"], { env });
  t.equal(code, 2);
  t.match(stderr, "--yes");
});

t.test("a person is erased everywhere, and twice is no failure", async (t) => {
  const { code, output } = await forget("--execute", "--yes", "--why", "request 4711");
  t.equal(code, 0);
  t.match(output, {
    executed: true,
    registration: "erased",
    tombstone: true,
    deadLetters: [{ erased: true }, { erased: true }],
  });
  const again = await forget("--execute", "--yes");
  t.equal(again.code, 0);
  t.match(again.output, { executed: true, registration: "none", deadLetters: [] });
  t.match((await runCommand(["registrations", "find", person(2).email], { env })).code, 0, "and nobody else is");
});

t.test("the only trace is an entry in the audit log, without the address", async (t) => {
  const { stdout } = await runCommand(["log", "--json"], { env });
  t.match(stdout, "request 4711");
  t.notMatch(stdout, email);
});

t.test("what waits on the queue is told, since nothing can be erased there", async (t) => {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "x" }));
  const { output } = await forget();
  t.match(output, { messages: 1 });
  t.match((await runCommand(["registrations", "forget", email], { env })).stderr, "1 message");
});
