import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { calledActions, loadedFiles } from "../../infra/called-actions.ts";
import { fullSettings, only, synthesized } from "../../infra/templates.ts";

const root = resolve(import.meta.dirname, "../../..");
const { main } = await synthesized();
/** With mail. */
const full = (await synthesized({ settings: fullSettings })).main;

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function statements(tier: "Web" | "Worker", policy: "Code" | "Platform", template = main): readonly Statement[] {
  const policies = only(template, "AWS::IAM::Role", `Roles${tier}Role`).Properties["Policies"] as {
    PolicyName: string;
    PolicyDocument: { Statement: Statement[] };
  }[];
  return policies.find((one) => one.PolicyName === policy)?.PolicyDocument.Statement ?? [];
}

function grantedActions(tier: "Web" | "Worker"): string[] {
  return [...new Set(statements(tier, "Code", full).flatMap((statement) => statement.Action))].toSorted();
}

function actionsOfTier(folder: "web" | "worker"): string[] {
  const files = loadedFiles(resolve(root, folder, "main.ts"), true);
  const actions = files.flatMap((file) => Array.from(calledActions(readFileSync(file, "utf8"))));
  return [...new Set(actions)].toSorted();
}

for (const [tier, folder] of [
  ["Web", "web"],
  ["Worker", "worker"],
] as const) {
  t.test(`the ${folder} tier may call what its source calls: nothing is missing, nothing superfluous`, async (t) => {
    t.strictSame(grantedActions(tier), actionsOfTier(folder));
  });

  t.test(`the ${folder} tier's calls are allowed on named resources only`, async (t) => {
    for (const { Sid, Resource, Condition } of statements(tier, "Code", full)) {
      // CloudWatch has no resources to name, but namespaces.
      if (Sid === "Figures") {
        t.strictSame(Condition, { StringEquals: { "cloudwatch:namespace": "Turnout" } });
        continue;
      }
      if (Sid === "MailRate") continue;
      // SES checks identities that the stack does not know; the sender is the bound.
      if (Sid === "Mail") {
        t.strictSame(Condition, { StringEquals: { "ses:FromAddress": "registration@mail.example.org" } });
        continue;
      }
      t.notMatch(JSON.stringify(Resource), /\*/, Sid);
      t.match(
        JSON.stringify(Resource),
        /"(Data(Queue|DeadLetterQueue|Registrations|DeadLetters|Outcomes|Activity|Controls)|Mail(Queue|Mails))/,
        Sid,
      );
    }
  });

  t.test(`the ${folder} tier's rights beside its own come with a reason for each pattern`, async (t) => {
    for (const statement of statements(tier, "Platform", full)) {
      t.equal(statement.Effect, "Allow");
      for (const action of [statement.Action].flat()) t.notMatch(action, /\*/, statement.Sid);
      if (statement.Resource === "*") t.ok(statement.Condition, `${statement.Sid} is bound by a condition`);
    }
  });
}

t.test("a call that nothing grants, and a grant that nothing calls, would be seen", async (t) => {
  t.strictSame([...calledActions("await sqs.send(new DeleteMessageBatchCommand({}))")], ["sqs:DeleteMessage"]);
  t.strictSame(
    [...calledActions('const s = `INSERT INTO "t"`; new BatchExecuteStatementCommand({})')],
    ["dynamodb:PartiQLInsert"],
  );
  t.throws(() => calledActions("new TransactWriteCommand({})"), /no action is known/);
  t.throws(() => calledActions("new BatchExecuteStatementCommand({})"), /no statement stands/);
});

t.test("the source is read along its imports, without the other tier's", async (t) => {
  const files = loadedFiles(resolve(root, "web/main.ts")).map((file) => relative(root, file));
  t.ok(files.includes("web/queue/pack-sender.ts"));
  t.ok(files.includes("shared/aws/aws-clients.ts"));
  t.notOk(files.some((file) => file.startsWith("worker/")));
});

t.test("the web tier reads no queue, the worker tier the receipt keys only where it sends mail", async (t) => {
  for (const template of [main, full])
    t.notMatch(
      JSON.stringify([...statements("Web", "Code", template), ...statements("Web", "Platform", template)]),
      /sqs:ReceiveMessage|ses:/,
    );
  t.match(JSON.stringify(statements("Worker", "Platform", full)), /secretsmanager:GetSecretValue/);
  t.notMatch(JSON.stringify(statements("Worker", "Platform")), /secretsmanager/);
  t.match(statements("Web", "Platform").find(({ Sid }) => Sid === "Secrets")?.Resource, {
    Ref: /^ApplicationReceiptKeys/,
  });
});

t.test("the daemon's rights end at the names that Elastic Beanstalk gives", async (t) => {
  const queue = statements("Worker", "Platform").find(({ Sid }) => Sid === "DaemonQueue");
  t.match(JSON.stringify(queue?.Resource), /:awseb-e-\*/);
  const table = statements("Worker", "Platform").find(({ Sid }) => Sid === "DaemonLeader");
  t.match(JSON.stringify(table?.Resource), /table\/awseb-e-\*-stack-AWSEBWorkerCronLeaderRegistry\*/);
});

t.test("no setting but the sender of mail changes what the tiers may do", async (t) => {
  const ofMail = { Web: ["AskForMail"], Worker: ["MailQueue", "Mails", "Mail", "MailRate"] };
  for (const tier of ["Web", "Worker"] as const) {
    const added = new Set(ofMail[tier]);
    const [own, more] = [
      statements(tier, "Code", full).filter(({ Sid }) => !added.has(Sid)),
      statements(tier, "Code", full).filter(({ Sid }) => added.has(Sid)),
    ];
    t.strictSame(own, statements(tier, "Code"));
    t.equal(more.length, added.size);
  }
});

t.test("the worker may mail with the stack's configuration set and its one sender, in this account only", async (t) => {
  const mail = statements("Worker", "Code", full).find(({ Sid }) => Sid === "Mail");
  const resources = JSON.stringify(mail?.Resource);
  t.match(resources, /:identity\/\*/);
  t.match(resources, /:configuration-set\/",\{"Ref":"MailConfigurationSet/);
  t.match(resources, /AWS::AccountId.+AWS::AccountId/);
});
