import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { Compile } from "typebox/compile";
import { t } from "../../../equipment/file-test.ts";
import { EventCheckOutput } from "../../../../admin/commands/event/check.ts";
import { eventRecord } from "../../../../infra/event-record.ts";
import { parseEvent } from "../../../../shared/registration/event-definition.ts";
import { createTombstone } from "../../../../shared/registration/tombstone.ts";
import { outputNames } from "../../../../terminal/stack-outputs.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { person, putAll } from "../../../equipment/dead-letter-seeds.ts";

const { env, connection } = await startEngines(t);
const folder = t.testdir();
const validator = Compile(EventCheckOutput);

const guests = { id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4 };
const sound = {
  name: "Summit",
  description: "Two days.",
  language: "en",
  opensAt: "2027-03-01T09:00:00Z",
  closesAt: "2027-03-20T18:00:00Z",
  timeZone: "UTC",
  fields: [guests],
};

function write(name: string, changes: object = {}): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    JSON.stringify({ ...sound, opensAt: "2199-03-01T09:00:00Z", closesAt: "2199-03-20T18:00:00Z", ...changes }),
  );
  return file;
}

const before = write("before.json");

await putAll(connection.documents, connection.registrationsTable, [
  ...Array.from({ length: 30 }, (_, number) => {
    const { id, ...content } = person(number);
    return { ...content, registrationId: id, storedAt: "2026-01-01T10:00:00.000Z" };
  }),
  createTombstone("gone@example.org", "erased", "id-gone", Date.now()),
]);

async function check(...line: string[]) {
  const run = await runCommand(["event", "check", ...line, "--json"], { env });
  t.ok(validator.Check(run.json()), "as its schema says");
  return { ...run, output: run.json() };
}

t.test("a sound file has nothing to tell, and ends with 0", async (t) => {
  t.match(await check(before, "--strict"), { code: 0, output: { valid: true, errors: [], doubts: [], changes: [] } });
  t.match((await runCommand(["event", "check", before], { env })).stdout, /is valid/);
});

t.test("everything wrong is told with its pointer, and ends with 1", async (t) => {
  const file = write("wrong.json", { closesAt: "soon", fields: [{ ...guests, type: "digit" }] });
  t.match(await check(file), {
    code: 1,
    output: { valid: false, errors: [{ pointer: "/closesAt" }, { pointer: "/fields/0/type" }], registrations: null },
  });
  t.match(
    (await runCommand(["event", "check", file], { env })).stdout,
    /has 2 error\(s\)[^]*\/closesAt must be date, time and offset/,
  );
});

t.test("a file that is not JSON is wrong, and one that is not there is wrong usage", async (t) => {
  writeFileSync(join(folder, "broken.json"), "{");
  t.match(await check(join(folder, "broken.json")), { code: 1, output: { errors: [{ pointer: "" }] } });
  t.match(await runCommand(["event", "check", join(folder, "none.json")], { env }), { code: 2, stdout: "" });
});

t.test("doubts alone end with 0, with --strict with 1", async (t) => {
  const file = write("doubtful.json", { description: "" });
  t.match(await check(file), { code: 0, output: { valid: true, doubts: [{ pointer: "/description" }] } });
  t.match(await check(file, "--strict"), { code: 1 });
});

t.test("a change is told without counts where no deployment is named", async (t) => {
  const file = write("less.json", { fields: [] });
  t.match(await check(file, "--against", before), {
    code: 0,
    output: { changes: [{ kind: "field-removed", field: "guests", stored: null }], registrations: null },
  });
});

t.test("it is counted where one is, without tombstones and without changing anything", async (t) => {
  const file = write("narrow.json", { fields: [{ ...guests, maximum: 2 }] });
  const { code, output } = await check(file, "--against", before, "--local");
  t.equal(code, 0);
  t.match(output, { changes: [{ kind: "limit-narrowed", field: "guests", stored: 12 }], registrations: 30 });
  const shown = await runCommand(["event", "check", file, "--against", before, "--local"], { env });
  t.match(shown.stdout, /12 +guests +limit-narrowed/);
  t.match(shown.stdout, "30 registrations are stored");
});

t.test("what does not fit is counted though no earlier file is known", async (t) => {
  const file = write("none.json", { fields: [] });
  t.match(await check(file, "--local"), {
    output: { changes: [{ kind: "field-removed", field: "guests", stored: 30 }], registrations: 30 },
  });
  t.match(await check(before, "--local", "--strict"), { code: 0, output: { changes: [] } }, "control: they fit theirs");
});

t.test("--stack compares with the fields that are deployed, and counts in its table", async (t) => {
  const cloudFormation = mockClient(CloudFormationClient);
  t.teardown(() => cloudFormation.restore());
  const outputs = outputNames.map((name) => ({
    OutputKey: name,
    OutputValue: name === "RegistrationsTable" ? connection.registrationsTable : "https://x.example/1/x",
  }));
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [{ Outputs: outputs } as never] });
  cloudFormation
    .on(GetTemplateCommand)
    .resolves({ TemplateBody: JSON.stringify({ Metadata: eventRecord(parseEvent(sound)), Resources: {} }) });
  // The SDK reads these itself.
  t.intercept(process, "env", {
    value: {
      ...process.env,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${env.DYNAMODB_PORT}`,
    },
  });
  const stack = ["--stack", "summit-test", "--region", "eu-central-1"];
  const file = write("tighter.json", { fields: [{ ...guests, maximum: 3 }] });
  t.match(await check(file, ...stack), {
    output: {
      changes: [{ kind: "limit-narrowed", field: "guests", detail: /maximum is 3 and was 4/, stored: 6 }],
      registrations: 30,
    },
  });
  cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: '{"Resources":{}}' });
  t.match(await check(file, ...stack), {
    stderr: /does not record its event file/,
    output: { changes: [{ kind: "limit-narrowed", stored: 6 }] },
  });
});
