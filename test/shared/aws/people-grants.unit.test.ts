import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { calledActions, loadedFiles } from "../../infra/called-actions.ts";
import { fullSettings, only, synthesized } from "../../infra/templates.ts";
import type { Template } from "../../infra/synthesis.ts";
import { createPeople } from "../../../load/people/people.ts";
import {
  madeUpAddresses,
  peopleGrantsOf,
  peopleRoles,
  type PeopleNames,
  type PeopleRole,
} from "../../../shared/aws/people-grants.ts";
import { normalizeEmail } from "../../../shared/registration/email-address.ts";
import { event } from "../../console/open-console.ts";

const root = resolve(import.meta.dirname, "../../..");
/** A test stage without mail. */
const { main } = await synthesized();
/** A production with mail. */
const production = (await synthesized({ settings: fullSettings })).main;

/** A name as long as CloudFormation may give one in the stack with the longest name. */
const long = (type: string) => `arn:aws:${type}${"x".repeat(85)}`;

/** With everything that a policy can hold, as long as it can be. */
const names: PeopleNames = {
  partition: "aws",
  region: "ap-southeast-1",
  account: "123456789012",
  queueArn: long("sqs:ap-southeast-1:123456789012:"),
  deadLetterQueueArn: long("sqs:ap-southeast-1:123456789012:"),
  registrationsTableArn: long("dynamodb:ap-southeast-1:123456789012:table/"),
  deadLettersTableArn: long("dynamodb:ap-southeast-1:123456789012:table/"),
  outcomesTableArn: long("dynamodb:ap-southeast-1:123456789012:table/"),
  activityTableArn: long("dynamodb:ap-southeast-1:123456789012:table/"),
  controlsTableArn: long("dynamodb:ap-southeast-1:123456789012:table/"),
  applicationName: "x".repeat(70),
  receiptKeysArn: "",
  mail: {
    queueArn: long("sqs:ap-southeast-1:123456789012:"),
    tableArn: long("dynamodb:ap-southeast-1:123456789012:table/"),
    configurationSetArn: "",
    senderAddress: "",
  },
  stackName: "x".repeat(42),
  environments: { web: "x".repeat(40), worker: "y".repeat(40) },
  roleArns: [long("iam::123456789012:role/"), long("iam::123456789012:role/")],
  distributionArn: "arn:aws:cloudfront::123456789012:distribution/E123456789ABCD",
  auditLogGroupArn: long("logs:ap-southeast-1:123456789012:log-group:"),
  mailDeadLetterQueueArn: long("sqs:ap-southeast-1:123456789012:"),
  instanceAccess: true,
  isTest: true,
};

const logicalIds = { "read-only": "PeopleReadOnly", admin: "PeopleAdmin", operator: "PeopleOperator" } as const;

/** The commands that each role is for. */
const commandsOf: Readonly<Record<PeopleRole, readonly string[]>> = {
  "read-only": [
    "admin/commands/audit.ts",
    "admin/commands/dead-letters/list.ts",
    "admin/commands/dead-letters/runs/list.ts",
    "admin/commands/dead-letters/runs/show.ts",
    "admin/commands/dead-letters/show.ts",
    "admin/commands/event/check.ts",
    "admin/commands/log.ts",
    "admin/commands/queue.ts",
    "admin/commands/registrations/counts.ts",
    "admin/commands/registrations/find.ts",
    "admin/commands/registrations/search.ts",
    "console/command.ts",
    "deploy/commands/watch-scaling.ts",
  ],
  admin: [
    "admin/commands/acceptance/acceptance.ts",
    "admin/commands/audit.ts",
    "admin/commands/dead-letters/dead-letters.ts",
    "admin/commands/event/event.ts",
    "admin/commands/log.ts",
    "admin/commands/queue.ts",
    "admin/commands/registrations/registrations.ts",
    "console/command.ts",
  ],
  operator: [
    "deploy/commands/doctor.ts",
    "deploy/commands/stress-cpu.ts",
    "deploy/commands/verify.ts",
    "deploy/commands/watch-scaling.ts",
    "load/stress/command.ts",
  ],
};

/** What stands in a file that a role's commands load, and is not for this role. */
const notFor: Readonly<Partial<Record<PeopleRole, Readonly<Record<string, string>>>>> = {
  operator: {
    "cloudwatch:PutMetricData": "verify and watch-scaling take only names from the tiers' publisher",
    "dynamodb:DeleteItem": "a made-up person who became a dead letter is for an admin to decide on",
  },
};

/** Nothing else is a read: whatever is new has to be reviewed. */
const reads = /^\w+:(BatchGet|Describe|Get|List|Scan|Filter|Query)/;

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function statements(role: PeopleRole, template: Template): readonly Statement[] {
  const { PolicyDocument } = only(template, "AWS::IAM::ManagedPolicy", logicalIds[role]).Properties;
  return (PolicyDocument as { Statement: Statement[] }).Statement;
}

function granted(role: PeopleRole): string[] {
  return [...new Set(peopleGrantsOf(role, names).flatMap(({ actions }) => actions))].toSorted();
}

function called(role: PeopleRole): string[] {
  const files = new Set(commandsOf[role].flatMap((entry) => loadedFiles(resolve(root, entry), true)));
  const actions = [...files].flatMap((file) => [...calledActions(readFileSync(file, "utf8"))]);
  return [...new Set(actions)].filter((action) => notFor[role]?.[action] === undefined).toSorted();
}

t.test("read-only has what looking takes and no action that changes anything", async (t) => {
  t.strictSame(
    granted("read-only"),
    called("read-only").filter((action) => reads.test(action)),
  );
  for (const action of granted("read-only")) t.match(action, reads);
  for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "dynamodb:PartiQLSelect", "logs:PutLogEvents"]) {
    t.notMatch(action, reads, "control");
  }
});

for (const role of ["admin", "operator"] as const) {
  t.test(`${role} has what its commands call: nothing is missing, nothing superfluous`, async (t) => {
    t.strictSame(granted(role), called(role));
  });
}

t.test("every command that a person has is in a role, or changes AWS itself", async (t) => {
  const asked = new Set(
    Object.values(commandsOf)
      .flat()
      .flatMap((entry) => loadedFiles(resolve(root, entry), true)),
  );
  const others = loadedFiles(resolve(root, "cli/main.ts"), true)
    .filter((file) => !asked.has(file) && calledActionsOrAll(file))
    .map((file) => relative(root, file))
    .toSorted();
  t.strictSame(others, [
    "deploy/stack/leftover-buckets.ts",
    "deploy/stack/leftover-finders.ts",
    "deploy/stack/traces.ts",
  ]);
});

/** @returns whether the file calls AWS at all */
function calledActionsOrAll(file: string): boolean {
  return /new (\w+Command)\(|\bpaginate[A-Z]\w+\(/.test(readFileSync(file, "utf8").replaceAll(/new Command\(/g, ""));
}

t.test("what is granted on all of a kind says why; tables, queues and the log group are named", async (t) => {
  for (const role of peopleRoles) {
    for (const { Sid, Action, Resource } of [...statements(role, main), ...statements(role, production)]) {
      const actions = [Action].flat();
      for (const action of actions) t.notMatch(action, /\*/, `${role} ${Sid}`);
      // Of these, the condition or the action tells nothing of what is in a table.
      if (["Tables", "TablesAnswer"].includes(Sid)) continue;
      if (actions.every((action) => /^(dynamodb|sqs):/.test(action))) t.notMatch(JSON.stringify(Resource), /\*/, Sid);
      if (Resource === "*") for (const action of actions) t.match(action, /:(Describe|Get|List|Cancel)/, Sid);
    }
  }
  const group = statements("admin", main).find(({ Sid }) => Sid === "AuditLog");
  t.match(group?.Resource, { "Fn::GetAtt": [/^PeopleAuditLog/, "Arn"] });
});

t.test("admins send to the registrations queue only, and no role receives or deletes messages", async (t) => {
  const sends = statements("admin", main).filter(({ Action }) => [Action].flat().includes("sqs:SendMessage"));
  t.match(sends, [{ Resource: { "Fn::GetAtt": [/^DataQueue/, "Arn"] } }]);
  t.equal(sends.length, 1);
  const all = peopleRoles.flatMap(granted);
  t.notMatch(all.join(" "), /sqs:(Receive|Delete|ChangeMessage|Purge)/);
});

t.test(
  "an operator of a production reads registrations of made-up people only, and runs nothing on instances",
  async (t) => {
    const about = (template: Template) =>
      statements("operator", template).filter(({ Resource }) => JSON.stringify(Resource).includes("DataRegistrations"));
    for (const { Sid, Action, Condition } of about(production)) {
      if ([Action].flat().every((action) => action === "dynamodb:DescribeTable")) continue;
      t.match(Condition, { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": /.+/ } }, Sid);
      t.notMatch([Action].flat().join(" "), /Scan|Query/, Sid);
    }
    t.ok(
      about(main).some(({ Sid }) => Sid === "AuditLoads"),
      "control: a test stage's loads are audited",
    );
    const actions = (template: Template) => statements("operator", template).flatMap(({ Action }) => Action);
    t.notMatch(actions(production).join(" "), /ssm:/);
    t.match(actions(main).join(" "), /ssm:SendCommand/, "control");
  },
);

t.test("made-up people are those that the condition names", async (t) => {
  const patterns = madeUpAddresses.map(
    (pattern) => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`),
  );
  const isMadeUp = (email: string) => patterns.some((pattern) => pattern.test(email));
  const people = createPeople({ seed: 18, event });
  for (let made = 0; made < 300; made += 1) {
    const email = normalizeEmail(people.next().email);
    if (!isMadeUp(email)) t.fail(email);
  }
  t.notOk(isMadeUp("ann@gmail.com"), "control");
  t.notOk(isMadeUp("ann@example.org.evil.net"), "control");
});

t.test("a policy fits: AWS allows 6,144 characters", async (t) => {
  for (const role of peopleRoles) {
    const Statement = peopleGrantsOf(role, names).map(({ sid, actions, resources, conditions }) => {
      return { Effect: "Allow", Sid: sid, Action: actions, Resource: resources, Condition: conditions };
    });
    const { length } = JSON.stringify({ Version: "2012-10-17", Statement });
    t.ok(length < 6_144, `${role}: ${length}`);
  }
});

t.test("the stack's policies are these", async (t) => {
  const isTest = false;
  const expected = { ...names, isTest, instanceAccess: false };
  for (const role of peopleRoles) {
    const actions = (from: readonly (string | readonly string[])[]) => [...new Set(from.flat())].toSorted();
    t.strictSame(
      actions(statements(role, production).map(({ Action }) => Action)),
      actions(peopleGrantsOf(role, expected).map((grant) => grant.actions)),
      role,
    );
  }
});

t.test("the stack attaches them to nobody, and says which they are", async (t) => {
  for (const id of Object.values(logicalIds)) {
    const { Roles, Users, Groups } = only(main, "AWS::IAM::ManagedPolicy", id).Properties;
    t.same([Roles, Users, Groups], [undefined, undefined, undefined], id);
  }
  for (const name of ["ReadOnlyPolicyArn", "AdminPolicyArn", "OperatorPolicyArn"]) {
    t.match(main.Outputs[name]?.Value, { Ref: /^People/ }, name);
  }
});

t.test("the audit log's group keeps a year, and outlives a production's stack", async (t) => {
  const group = (template: Template) => only(template, "AWS::Logs::LogGroup", "PeopleAuditLog");
  t.match(group(main), { Properties: { RetentionInDays: 365 }, DeletionPolicy: "Delete" });
  t.match(group(production), { DeletionPolicy: "Retain" });
});
