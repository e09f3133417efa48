import { IAMClient, SimulatePrincipalPolicyCommand, type EvaluationResult } from "@aws-sdk/client-iam";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { checkRights, deploymentNames, statementOf } from "../../../deploy/stack/tier-rights.ts";
import { grantsOf } from "../../../shared/aws/tier-grants.ts";
import { awsError, mailOutputs, outputs } from "./deployed-summit.ts";

const iam = mockClient(IAMClient);
t.beforeEach(() => iam.reset());
t.teardown(() => iam.restore());

const client = new IAMClient({ region: "eu-central-1" });
const names = deploymentNames(outputs);
const roleArn = outputs.WorkerRoleArn;
const { signal } = new AbortController();
const check = (instanceAccess = false) =>
  checkRights({ client, tier: "worker", roleArn, names, instanceAccess, signal });

/** IAM as it answers where everything is allowed but what `deny` says. */
function playIam(deny: (action: string, resource: string) => Partial<EvaluationResult> | undefined): void {
  iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames = [], ResourceArns = [] }) => ({
    EvaluationResults: (ActionNames as string[]).map((EvalActionName) => {
      const each = (ResourceArns as string[]).map((EvalResourceName) => ({
        EvalResourceName,
        EvalResourceDecision: "allowed",
        ...deny(EvalActionName, EvalResourceName),
      }));
      return { EvalActionName, EvalDecision: "allowed", ResourceSpecificResults: each, ...deny(EvalActionName, "") };
    }),
  }));
}

t.test("names follow from the stack's outputs, in its own partition, region and account", async (t) => {
  t.match(names, {
    partition: "aws",
    region: "eu-central-1",
    account: "123456789012",
    queueArn: "arn:aws:sqs:eu-central-1:123456789012:summit-queue",
    registrationsTableArn: "arn:aws:dynamodb:eu-central-1:123456789012:table/summit-registrations",
  });
});

t.test("every statement of the role is simulated, with its resources and its condition", async (t) => {
  playIam(() => undefined);
  const checks = await check();
  const { code, platform } = grantsOf("worker", names);
  t.strictSame(
    checks.map(({ name, status }) => [name, status]),
    [...code, ...platform].map(({ sid }) => [`worker role: ${sid}`, "ok"]),
  );
  const asked = iam.commandCalls(SimulatePrincipalPolicyCommand).map(({ args }) => args[0].input);
  t.ok(asked.every(({ PolicySourceArn }) => PolicySourceArn === roleArn));
  t.match(asked[0], { ActionNames: code[0]!.actions, ResourceArns: [names.queueArn, names.deadLetterQueueArn] });
  const figures = asked.find(({ ContextEntries = [] }) =>
    ContextEntries.some(({ ContextKeyValues }) => ContextKeyValues?.[0] === "Turnout"),
  );
  t.match(figures, { ActionNames: ["cloudwatch:PutMetricData"], ResourceArns: ["*"] });
  t.ok(asked.every(({ ResourceArns = [] }) => ResourceArns.every((arn) => arn === "*" || !arn.includes("*"))));
});

t.test("a missing permission is named by its statement and construct, and only that one", async (t) => {
  playIam((action, resource) =>
    action === "dynamodb:PartiQLInsert" && resource.endsWith("-registrations")
      ? ({ EvalResourceDecision: "implicitDeny" } as object)
      : undefined,
  );
  const wrong = (await check()).filter(({ status }) => status !== "ok");
  t.match(wrong, [
    {
      name: "worker role: Store",
      status: "failed",
      found: /dynamodb:PartiQLInsert on arn:aws:dynamodb:eu-central-1:123456789012:table\/summit-registrations/,
      todo: /statement Store of the construct Roles\/WorkerRole/,
    },
  ]);
  t.equal(wrong.length, 1);
});

t.test("a denial names its cause: a policy, a boundary, the organisation", async (t) => {
  const denied = { EvalDecision: "explicitDeny", ResourceSpecificResults: [] } satisfies Partial<EvaluationResult>;
  const cases: [Partial<EvaluationResult>, RegExp][] = [
    [denied, /denies it explicitly/],
    [{ ...denied, PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } }, /permissions boundary/],
    [{ ...denied, OrganizationsDecisionDetail: { AllowedByOrganizations: false } }, /service control policy/],
  ];
  for (const [result, todo] of cases) {
    playIam((action) => (action === "sqs:SendMessage" ? result : undefined));
    const first = (await check()).find(({ status }) => status === "failed");
    t.match(first?.todo, todo);
  }
});

t.test("without permission to simulate, the role is unknown", async (t) => {
  iam
    .on(SimulatePrincipalPolicyCommand)
    .rejects(awsError("AccessDenied", "not authorized: iam:SimulatePrincipalPolicy"));
  const checks = await check();
  t.ok(checks.every(({ status }) => status === "unknown"));
  t.match(checks[0], { found: /iam:SimulatePrincipalPolicy/, todo: /Allow the action/ });
  iam.on(SimulatePrincipalPolicyCommand).rejects(awsError("Throttling", "Rate exceeded"));
  t.match(await check(), [{ status: "unknown", todo: /throttles/ }]);
});

t.test("a missing role has failed, with its construct; an empty answer is not a pass", async (t) => {
  iam.on(SimulatePrincipalPolicyCommand).rejects(awsError("NoSuchEntity", "The role cannot be found.", 404));
  t.match((await check())[0], { status: "failed", todo: /Roles\/WorkerRole creates it/ });
  iam.on(SimulatePrincipalPolicyCommand).resolves({ EvaluationResults: [] });
  t.not((await check())[0]?.status, "ok");
});

t.test("the statement that allows an action is found, or none", async (t) => {
  t.equal(statementOf("web", names, "sqs:SendMessage"), "Accept");
  t.equal(statementOf("web", names, "sqs:ReceiveMessage"), undefined);
});

t.test("rights for Session Manager are checked where the stack says that it reaches the instances", async (t) => {
  playIam((action) =>
    action === "ssmmessages:OpenDataChannel"
      ? { EvalDecision: "implicitDeny", EvalResourceDecision: "implicitDeny" }
      : undefined,
  );
  t.notOk((await check()).some(({ name }) => name.endsWith("InstanceAccess")));
  const checks = await check(true);
  t.match(
    checks.find(({ name }) => name === "worker role: InstanceAccess"),
    { status: "failed", found: /ssmmessages:OpenDataChannel/ },
  );
});

t.test("the rights of mail are checked where the stack has mail, by statement, with the sender", async (t) => {
  playIam((action, resource) =>
    action === "ses:SendBulkTemplatedEmail" && resource.endsWith("configuration-set/summit-mail-set")
      ? ({ EvalResourceDecision: "implicitDeny" } as object)
      : undefined,
  );
  const mailing = deploymentNames({ ...outputs, ...mailOutputs });
  const checks = await checkRights({ client, tier: "worker", roleArn, names: mailing, instanceAccess: false, signal });
  const statements = new Set(checks.map(({ name }) => name.replace("worker role: ", "")));
  for (const sid of ["MailQueue", "Mails", "Mail", "MailRate", "Secrets"]) t.ok(statements.has(sid), sid);
  t.match(
    checks.filter(({ status }) => status !== "ok"),
    [{ name: "worker role: Mail", status: "failed", found: /SendBulkTemplatedEmail on arn:.*:configuration-set/ }],
  );
  const asked = iam.commandCalls(SimulatePrincipalPolicyCommand).map(({ args }) => args[0].input);
  const sending = asked.find(({ ActionNames }) => ActionNames?.includes("ses:SendBulkEmail"));
  t.match(sending, {
    ResourceArns: ["arn:aws:ses:eu-central-1:123456789012:identity/x", /configuration-set\/summit-mail-set$/],
    ContextEntries: [{ ContextKeyName: "ses:FromAddress", ContextKeyValues: ["registration@example.org"] }],
  });
  t.equal(statementOf("web", mailing, "sqs:SendMessage"), "Accept");
  t.equal(statementOf("worker", mailing, "ses:GetAccount"), "MailRate");
  t.equal(statementOf("worker", names, "ses:GetAccount"), undefined, "control: without mail");
});
