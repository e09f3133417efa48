import { randomUUID } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import type { Test } from "tap";
import { t } from "../equipment/file-test.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { identityArn, startAuditServices } from "../equipment/fake-audit-services.ts";
import { runCommand } from "../equipment/command-run.ts";
import { createAuditLog } from "../../admin/audit-log.ts";
import { createAcceptanceStore } from "../../admin/acceptance/acceptance-store.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { connect } from "../../terminal/connection.ts";
import { addRecord, event, registrationOf } from "../console/open-console.ts";

const group = "summit-test-PeopleAuditLog-1";
const { env: local, connection } = await startEngines(t);
const eventFile = join(t.testdir({ "event.json": JSON.stringify(event) }), "event.json");
const env = { ...local, AUDIT_LOG_GROUP: group, EVENT_FILE: eventFile };
const { documents, deadLettersTable, registrationsTable } = connection;
const { signal } = new AbortController();
const letters = createDeadLetterStore(documents, deadLettersTable);
const table = () => createAuditLog({ connection, who: "", wallClock: Date.now }).read("", signal);

/** @returns the last entry of the table */
async function lastEntry() {
  return (await table()).at(-1);
}

async function addRegistration(email: string): Promise<void> {
  const { id, ...rest } = registrationOf(email);
  const Item = { ...rest, registrationId: id, storedAt: new Date().toISOString() };
  await documents.send(new PutCommand({ TableName: registrationsTable, Item }));
}

function openLog(t: Test) {
  return startAuditServices(t, group);
}

t.test(
  "a change has a line before it and a line after it, with who, what, which, why, and no attendee data",
  async (t) => {
    const { lines } = await openLog(t);
    const { id } = await addRecord(connection);
    const set = ["email=ann@example.org", "name=Ann Lee", "answers.conduct=true"].flatMap((one) => ["--set", one]);
    const run = await runCommand(["dead-letters", "edit", id, ...set, "--why", "asked by phone", "--execute"], { env });
    t.equal(run.code, 0, run.stderr);
    t.match(lines, [
      { action: "edit", ids: [id], detail: "began: changing email", why: "asked by phone" },
      { action: "edit", ids: [id], detail: "changed email", why: "asked by phone" },
    ]);
    const [began, ended] = lines;
    t.strictSame(Object.keys(began ?? {}).toSorted(), [
      "action",
      "at",
      "detail",
      "entry",
      "ids",
      "stack",
      "who",
      "why",
    ]);
    t.equal(began?.entry, ended?.entry, "both are of one entry");
    t.match(began, { stack: /^local stack/, at: /^\d{4}-.+Z$/, who: / on / });
    t.match(await lastEntry(), { detail: "changed email" }, "the table has one entry, of what happened");
    t.notMatch(JSON.stringify(lines), /ann@example/);
  },
);

t.test("the identity is that of STS, wherever the calls go to AWS", async (t) => {
  const { lines } = await openLog(t);
  // By names, and without an endpoint in the command's environment: as for AWS.
  const given = {
    AWS_REGION: "eu-central-1",
    AUDIT_LOG_GROUP: group,
    QUEUE_URL: connection.queueUrl,
    DEAD_LETTER_QUEUE_URL: connection.deadLetterQueueUrl,
    REGISTRATIONS_TABLE: registrationsTable,
    DEAD_LETTERS_TABLE: deadLettersTable,
    OUTCOMES_TABLE: connection.outcomesTable,
    ACTIVITY_TABLE: connection.activityTable,
    CONTROLS_TABLE: connection.controlsTable,
  };
  const byNames = await connect({}, given);
  t.teardown(() => byNames.close());
  const log = createAuditLog({
    connection: { ...byNames, documents },
    who: await byNames.identity(),
    wallClock: Date.now,
  });
  await log.add({ action: "replay", ids: [], detail: "a test", why: "" });
  t.match(lines, [{ who: identityArn, stack: connection.queueUrl, detail: "a test" }]);
});

t.test("a group that does not take the entry stops every change, with what to do; nothing is changed", async (t) => {
  const services = await openLog(t);
  const { id } = await addRecord(connection);
  await addRegistration("bea@example.org");
  const file = join(t.testdir(), "all.csv");
  const change = ["--set", "email=bea@example.org", "--set", "name=Bea", "--set", "answers.conduct=true"];
  const commands = [
    ["dead-letters", "edit", id, ...change, "--execute"],
    ["dead-letters", "discard", id, "--why", "spam", "--execute", "--yes"],
    ["dead-letters", "replay", id, "--execute", "--wait", "1"],
    ["registrations", "forget", "bea@example.org", "--execute", "--yes"],
    ["registrations", "export", "--format", "csv", "--out", file],
    ["acceptance", "pause", "--why", "count"],
  ];
  for (const answer of ["denies", "finds too old"] as const) {
    services.answer = answer;
    for (const command of commands) {
      const { code, stderr } = await runCommand(command, { env });
      const name = `${command.slice(0, 2).join(" ")} while it ${answer}`;
      t.equal(code, 1, `${name}: ${stderr}`);
      t.match(
        stderr,
        /Nothing was changed[^]+summit-test-PeopleAuditLog-1[^]+logs:PutLogEvents[^]+TURNOUT_AUDIT_LOG_REFUSED/,
        name,
      );
      t.match(
        await lastEntry(),
        { detail: /^not done: the audit log's group did not take/ },
        `${name}: the table says so`,
      );
    }
  }
  t.strictSame(services.lines, []);
  t.match(await letters.read(id), { state: "open", history: { length: 1 } });
  t.notOk(existsSync(file));
  t.match((await runCommand(["registrations", "find", "bea@example.org"], { env })).stdout, /bea@example.org/);
  const { documents: given, ...rest } = connection;
  t.match(await createAcceptanceStore({ connection: { ...rest, documents: given }, wallClock: Date.now }).read(), {
    state: "open",
  });
  services.answer = "takes";
  const control = await runCommand(["registrations", "export", "--format", "csv", "--out", file], { env });
  t.equal(control.code, 0, `control: ${control.stderr}`);
});

t.test("a group that refuses the end is an error that says what happened", async (t) => {
  const services = await openLog(t);
  services.answer = "denies";
  services.takes = 1;
  const { id } = await addRecord(connection);
  const { code, stderr } = await runCommand(["dead-letters", "discard", id, "--why", "spam", "--execute", "--yes"], {
    env,
  });
  t.equal(code, 1);
  t.match(stderr, /This happened: discarded 1[^]+TURNOUT_AUDIT_LOG_REFUSED/);
  t.match(await letters.read(id), { state: "discarded" });
});

t.test("a refused export is not logged as done, a whole one with its count", async (t) => {
  const { lines } = await openLog(t);
  const file = join(t.testdir(), "all.jsonl");
  writeFileSync(file, "somebody else's");
  const line = ["registrations", "export", "--format", "jsonl", "--out", file];
  const refused = await runCommand(line, { env });
  t.equal(refused.code, 2);
  t.match(lines, [
    { detail: "began: exporting all registrations as jsonl" },
    { detail: /^not done: .+is there already/ },
  ]);
  t.match(await lastEntry(), { action: "export", detail: /^not done/ });
  t.equal((await runCommand([...line, "--overwrite"], { env })).code, 0);
  t.match(lines.at(-1), { detail: /^exported all \d+ registrations as jsonl$/ });
});

t.test("a record that somebody else changes meanwhile is not logged as changed", async (t) => {
  const { lines } = await openLog(t);
  const { id } = await addRecord(connection);
  const log = createAuditLog({ connection: await connected(t), who: "ann", wallClock: Date.now });
  const work = log.around({ action: "edit", ids: [id], detail: "changing email", why: "" }, async () => {
    throw Object.assign(new Error("the table does not answer"), { name: "TimeoutError" });
  });
  await t.rejects(work, { name: "TimeoutError" });
  t.match(lines.at(-1), { detail: "failed: TimeoutError; it may be done in part" });
  t.match(await lastEntry(), { detail: "failed: TimeoutError; it may be done in part" });
});

async function connected(t: Test) {
  const given = await connect({ local: true }, env);
  t.teardown(() => given.close());
  return given;
}

t.test(
  "an erasure says what was erased; of two people who pause at once, one entry says that it was not done",
  async (t) => {
    const { lines } = await openLog(t);
    await addRegistration("cem@example.org");
    const forget = await runCommand(["registrations", "forget", "cem@example.org", "--execute", "--yes"], { env });
    t.equal(forget.code, 0, forget.stderr);
    t.match(lines, [
      { action: "forget", detail: /^began: erasing a person: a registration, 0 dead letters/ },
      { action: "forget", detail: /^erased a person: a registration, 0 of 0 dead letters/ },
    ]);
    t.notMatch(JSON.stringify(lines), /cem@/);
    const given = await connected(t);
    const store = createAcceptanceStore({
      connection: { ...given, identity: async () => randomUUID() },
      wallClock: Date.now,
    });
    const pause = { kind: "pause", until: undefined, notice: {} } as const;
    await Promise.allSettled([store.change(pause, "one"), store.change(pause, "two")]);
    const ended = lines.filter(({ action, detail }) => action === "pause" && !String(detail).startsWith("began"));
    const words = ended.map(({ detail }) => String(detail)).toSorted();
    t.match(words, [/^not done: .+changed acceptance/, "paused acceptance"]);
  },
);

t.test("without a group, entries go to the table alone", async (t) => {
  const { lines } = await openLog(t);
  const { id } = await addRecord(connection);
  const discard = ["dead-letters", "discard", id, "--why", "spam", "--execute", "--yes"];
  t.equal((await runCommand(discard, { env: local })).code, 0);
  t.match(await lastEntry(), { action: "discard", ids: [id], detail: /^discarded 1/ });
  t.strictSame(lines, []);
});
