import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { DeleteCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { AuditReport } from "../../../admin/audit/audit-report.ts";
import { openLedger, type LedgerLine } from "../../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../../shared/aws/queue-counts.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { registrationId } from "../../../shared/registration/registration-id.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { deadLetter } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";

const validator = Compile(AuditReport);
const folder = mkdtempSync(join(tmpdir(), "turnout-audit-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const { env, connection } = await startEngines(t);
const { sqs, documents, queueUrl, deadLetterQueueUrl, registrationsTable, deadLettersTable } = connection;

/** The wait for the drain is one visibility timeout long. */
await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: "1" } }));

const times = { submittedAt: "2026-01-01T09:00:00.000Z", storedAt: "2026-01-01T09:00:01.000Z" };

function person(number: number) {
  const email = `person-${number}@example.org`;
  return {
    email,
    id: registrationId(`key-${number}`, email),
    name: `Person ${number}`,
    answers: { guests: number % 5 },
  };
}

function accepted(number: number): LedgerLine {
  return { outcome: "accepted", ...person(number), status: 202, startedAt: 1_000, endedAt: 1_010 };
}

async function store(number: number, changes: Record<string, unknown> = {}): Promise<void> {
  const { id, ...content } = person(number);
  const Item = { ...content, registrationId: id, ...times, ...changes };
  await documents.send(new PutCommand({ TableName: registrationsTable, Item }));
}

const stack = await readStackIdentity(sqs, queueUrl);

function ledger(name: string, lines: readonly LedgerLine[]): string {
  const path = join(folder, name);
  const book = openLedger(path, stack);
  for (const line of lines) book.record(line);
  book.close();
  return path;
}

async function audit(path: string, ...more: string[]) {
  const run = await runCommand(["audit", "--ledger", path, "--json", ...more], { env });
  t.ok(validator.Check(run.json()), "what it prints is what its schema says", { found: run.json() });
  return { ...run, report: run.json() as AuditReport };
}

t.test("a run in which nothing is lost passes, over pages and several ledgers", async (t) => {
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  await Promise.all(numbers.map((number) => store(number)));
  const first = ledger("clean-1.jsonl", numbers.slice(0, 30).map(accepted));
  const second = ledger("clean-2.jsonl", numbers.slice(30).map(accepted));
  const { code, report } = await audit(first, "--ledger", second);
  t.equal(code, 0);
  t.match(report, { passed: true, drained: true, accepted: 60, stored: 60, lost: 0, unexpected: 0, ledgerLines: 60 });
});

t.test("control: one registration fewer in the table, and it is lost", async (t) => {
  const { email, id } = person(7);
  await documents.send(new DeleteCommand({ TableName: registrationsTable, Key: { email } }));
  const { code, report } = await audit(join(folder, "clean-1.jsonl"), "--ignore-others");
  t.equal(code, 1);
  t.match(report, { passed: false, lost: 1, stored: 29, others: 30 });
  t.same(report.examples.lost, [id]);

  t.test("but not when a dead letter keeps it", async (t) => {
    const record = { ...deadLetter(7), id };
    await documents.send(new PutCommand({ TableName: deadLettersTable, Item: record }));
    const again = await audit(join(folder, "clean-1.jsonl"), "--ignore-others");
    t.equal(again.code, 0);
    t.match(again.report, { lost: 0, deadLettered: 1 });
  });
});

t.test("control: a table that holds what was not sent, or not so, fails", async (t) => {
  await store(100, { name: "Somebody else" });
  await store(101, { email: "person-102@example.org" });
  const path = ledger("wrong.jsonl", [
    accepted(100),
    accepted(101),
    { ...accepted(102), outcome: "unknown", startedAt: 5_000 } as LedgerLine,
    { outcome: "confirmed", id: person(102).id, email: person(102).email, at: 900 },
  ]);
  const { code, report } = await audit(path, "--ignore-others");
  t.equal(code, 1);
  t.match(report, { corrupt: 2, duplicated: 1, lost: 0, others: 59 });
  t.equal((await audit(path)).report.unexpected, 59, "and strangers count where they are not allowed");
});

t.test("what still waits on the queue is not called lost, and fails all the same", async (t) => {
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: "not collected yet" }));
  const path = ledger("queued.jsonl", [accepted(200)]);
  const { code, report } = await audit(path, "--ignore-others", "--drain-timeout", "1");
  t.equal(code, 1);
  t.match(report, { drained: false, queued: 1, lost: 0 });
  t.same(report.examples.queued, [person(200).id]);
});

t.test(
  "a ledger of another stack, or of two runs, is rejected, and one without a head is taken and told",
  async (t) => {
    const other = join(folder, "other.jsonl");
    const book = openLedger(other, "arn:aws:sqs:eu-central-1:1:registrations@2026-01-01T00:00:00.000Z");
    book.record(accepted(1));
    book.close();
    const own = ledger("own.jsonl", [accepted(1)]);
    const both = join(folder, "both.jsonl");
    writeFileSync(both, readFileSync(own, "utf8") + readFileSync(other, "utf8"));
    for (const [path, says] of [
      [other, /another stack.+:1:registrations@2026/s],
      [both, /Line 3 .+ head of another run/],
    ] as const) {
      const refused = await runCommand(["audit", "--ledger", own, "--ledger", path, "--drain-timeout", "0"], { env });
      t.equal(refused.code, 2);
      t.match(refused.stderr, says);
    }
    const headless = join(folder, "headless.jsonl");
    writeFileSync(headless, `${JSON.stringify(accepted(1))}\n`);
    const { code, report } = await audit(headless, "--ignore-others", "--drain-timeout", "0");
    t.equal(code, 0);
    t.match(report, { headlessLedgers: 1, accepted: 1 });
    const told = await runCommand(["audit", "--ledger", headless, "--ignore-others", "--drain-timeout", "0"], { env });
    t.match(told.stderr, "does not say of which stack");
  },
);

t.test("for people it prints what each count means, and no colour into a file", async (t) => {
  const path = ledger("people.jsonl", [accepted(1)]);
  const { code, stdout } = await runCommand(["audit", "--ledger", path, "--ignore-others", "--drain-timeout", "0"], {
    env,
  });
  t.equal(code, 0);
  t.match(stdout, /stored\s+1\s+in the table/);
  t.match(stdout, "Passed: nothing is lost.");
  t.notMatch(stdout, "\x1b");
});

t.test("bad input ends with exit code 2 and says what is wrong, without a stack", async (t) => {
  const broken = join(folder, "broken.jsonl");
  writeFileSync(broken, `{"outcome":"accepted"}\n${JSON.stringify(accepted(1))}\n`);
  const cases = [
    { line: ["audit"], says: "--ledger" },
    { line: ["audit", "--ledger", join(folder, "none.jsonl")], says: "ENOENT" },
    { line: ["audit", "--ledger", broken], says: "Line 1" },
    { line: ["audit", "--ledger", broken, "--drain-timeout", "soon"], says: "whole number" },
  ];
  for (const { line, says } of cases) {
    const { code, stdout, stderr } = await runCommand(line, { env });
    t.equal(code, 2, line.join(" "));
    t.match(stderr, says);
    t.notMatch(stderr, /^\s+at /m);
    t.equal(stdout, "");
  }
});

t.test("an audit that is stopped says so and has no result", async (t) => {
  const stop = new AbortController();

  stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT."));
  const path = ledger("stopped.jsonl", [accepted(1)]);
  const { code, stdout, stderr } = await runCommand(["audit", "--ledger", path], { env, signal: stop.signal });
  t.equal(code, 1);
  t.match(stderr, "TURNOUT_INTERRUPTED");
  t.equal(stdout, "");
});
