import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { Command } from "commander";
import { t } from "../equipment/file-test.ts";
import { addConnectionOptions, awsTime, connect, withConnection } from "../../terminal/connection.ts";
import { outputNames } from "../../terminal/stack-outputs.ts";
import { findFreePort } from "../../local/ports.ts";
import { startEngines } from "../equipment/admin-engines.ts";

const names = {
  QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/registrations",
  DEAD_LETTER_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
  REGISTRATIONS_TABLE: "summit-registrations",
  DEAD_LETTERS_TABLE: "summit-dead-letters",
  OUTCOMES_TABLE: "summit-outcomes",
  ACTIVITY_TABLE: "summit-activity",
  CONTROLS_TABLE: "summit-controls",
};
const nobody = { SQS_PORT: String(await findFreePort()) };

t.test("the environment names queues and tables, as it does for the tiers", async (t) => {
  const connection = await connect({}, { ...names, WORKER_URL: "http://10.0.0.1:8080" });
  t.teardown(() => connection.close());
  t.match(connection, {
    queueUrl: names.QUEUE_URL,
    deadLettersTable: names.DEAD_LETTERS_TABLE,
    tiers: { kind: "urls", worker: "http://10.0.0.1:8080" },
  });
});

t.test("an environment that names only some says which are missing", async (t) => {
  await t.rejects(connect({}, { QUEUE_URL: names.QUEUE_URL }), {
    code: "TURNOUT_ENVIRONMENT_INVALID",
    message: /DEAD_LETTERS_TABLE/,
  });
});

t.test("a stack's name is enough", async (t) => {
  const cloudFormation = mockClient(CloudFormationClient);
  t.teardown(() => cloudFormation.restore());
  const Outputs = outputNames.map((name) => ({ OutputKey: name, OutputValue: `the-${name}` }));
  const stack = { StackName: "summit", CreationTime: new Date(0), StackStatus: "CREATE_COMPLETE" as const, Outputs };
  cloudFormation.on(DescribeStacksCommand).resolves({ Stacks: [stack] });
  const connection = await connect({ stack: "summit", region: "eu-west-1" }, names);
  t.teardown(() => connection.close());
  t.match(connection, {
    queueUrl: "the-QueueUrl",
    registrationsTable: "the-RegistrationsTable",
    tiers: { kind: "stack", stack: "summit", environments: { web: "the-WebEnvironment" } },
  });
  t.equal(await connection.sqs.config.region(), "eu-west-1");
});

t.test("where nothing is named, a local stack is found, and asked for it comes first", async (t) => {
  const { env, connection, stack } = await startEngines(t);
  t.match(connection.deployment, "local stack");
  for (const [flags, given] of [
    [{}, env],
    [{ local: true }, { ...names, ...env }],
  ] as const) {
    const found = await connect(flags, given);
    t.equal(found.queueUrl, stack.environment.QUEUE_URL);
    found.close();
    found.close();
  }
});

t.test("where nothing is named and nothing runs, it says what to give", async (t) => {
  await t.rejects(connect({}, nobody), { code: "TURNOUT_DEPLOYMENT_UNKNOWN", message: /--stack NAME.*npm start/ });
  await t.rejects(connect({ local: true }, { ...nobody, ...names }), { code: "TURNOUT_DEPLOYMENT_UNKNOWN" });
});

t.test("the connection is closed however the work ends", async (t) => {
  const closed: boolean[] = [];
  const watch = (connection: { close(): void }) => {
    const { destroy } = (connection as unknown as { sqs: { destroy(): void } }).sqs;
    const { sqs } = connection as unknown as { sqs: { destroy(): void } };
    sqs.destroy = () => {
      closed.push(true);
      destroy.call(sqs);
    };
  };
  await withConnection({}, names, async (connection) => watch(connection));
  await t.rejects(
    withConnection({}, names, async (connection) => {
      watch(connection);
      throw new Error("failed");
    }),
    { message: "failed" },
  );
  t.equal(closed.length, 2);
});

t.test("one deployment is meant, not two", async (t) => {
  const command = addConnectionOptions(new Command("sample"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  t.throws(() => command.parse(["--local", "--stack", "summit"], { from: "user" }), {
    code: "commander.conflictingOption",
  });
});

t.test(
  "times are AWS's only where this machine's clock is minutes off, and then never before what was just submitted",
  async (t) => {
    const timeAt = (systemClockOffset: number) =>
      awsTime({ config: { systemClockOffset } } as unknown as Parameters<typeof awsTime>[0]);
    // What the SDK reads off an answer is cut off to whole seconds: on a machine whose clock is right it seems late by that.
    t.ok(timeAt(-900) >= Date.now() - 500, "a part of a second is no skew");
    const before = Date.now();
    t.ok(timeAt(-3_600_000) >= before - 3_600_000 + 1_000);
    t.ok(timeAt(-3_600_000) <= Date.now() - 3_600_000 + 1_000);
  },
);
