import { DeleteLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteTableCommand, DescribeTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { DeleteQueueCommand, GetQueueUrlCommand } from "@aws-sdk/client-sqs";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { buildDestroyCommand } from "../../../deploy/destroy/command.ts";
import { awsError, openAccount, type StandInStack } from "../stack/account-stand-in.ts";
import { run } from "../stack/command-stand-in.ts";

const name = "summit-production";
const urlOf = (queue: string) => `https://sqs.eu-central-1.amazonaws.com/123456789012/${queue}`;

/** A production with a firewall, three tables, two queues, and a log group that AWS made beside it. */
function openProduction(t: Test) {
  const tables = new Map(["Registrations", "DeadLetters", "Outcomes"].map((table) => [`${name}-${table}`, true]));
  const queues = new Set(["Queue", "DeadLetterQueue"]);
  const logGroups = new Set([`/aws/lambda/${name}-Function`]);
  const kept = (logicalId: string, type: string, physical: string) =>
    ({ logicalId, type, name: physical, policy: "Retain" }) as const;
  const main: StandInStack = {
    name,
    status: "CREATE_COMPLETE",
    stage: "production",
    isProtected: true,
    resources: [
      { logicalId: "Vpc", type: "AWS::EC2::VPC", name: "vpc-1" },
      ...[...tables.keys()].map((table) => kept(`Data${table.split("-")[2]}5F`, "AWS::DynamoDB::GlobalTable", table)),
      ...[...queues].map((queue) => kept(`Data${queue}5F`, "AWS::SQS::Queue", urlOf(queue))),
    ],
  };
  const firewall: StandInStack = {
    name: `${name}-firewall`,
    status: "CREATE_COMPLETE",
    description: `Turnout: firewall of ${name}`,
  };

  /** Calls to AWS until the process is killed; what it asks after that never leaves it. */
  let left = Infinity;
  const tick = (): void => {
    left -= 1;
    if (left < 0) throw awsError("AccessDenied", "killed");
  };
  const { mocks, stacks } = openAccount(t, [main, firewall], tick);
  const calling =
    <Input>(answer: (input: Input) => object) =>
    (input: Input): object => {
      tick();
      return answer(input);
    };
  const tableOf = ({ TableName = "" }: { TableName?: string }): string => {
    if (!tables.has(TableName)) throw awsError("ResourceNotFoundException");
    return TableName;
  };
  mocks.dynamoDb
    .on(DescribeTableCommand)
    .callsFake(calling((input) => (tableOf(input), { Table: { TableStatus: "ACTIVE" } })))
    .on(UpdateTableCommand)
    .callsFake(calling((input) => (tables.set(tableOf(input), false), {})))
    .on(DeleteTableCommand)
    .callsFake(
      calling((input) => {
        if (tables.get(tableOf(input))) throw awsError("ValidationException", "protected");
        tables.delete(tableOf(input));
        return {};
      }),
    );
  mocks.sqs
    .on(GetQueueUrlCommand)
    .callsFake(
      calling(({ QueueName = "" }: { QueueName?: string }) => {
        if (!queues.has(QueueName)) throw awsError("QueueDoesNotExist");
        return { QueueUrl: urlOf(QueueName) };
      }),
    )
    .on(DeleteQueueCommand)
    .callsFake(
      calling(({ QueueUrl = "" }: { QueueUrl?: string }) => {
        if (!queues.delete(QueueUrl.split("/").at(-1) ?? "")) throw awsError("QueueDoesNotExist");
        return {};
      }),
    );
  mocks.logs
    .on(DescribeLogGroupsCommand)
    .callsFake(
      calling(({ logGroupNamePrefix = "" }: { logGroupNamePrefix?: string }) => ({
        logGroups: [...logGroups]
          .filter((group) => group.startsWith(logGroupNamePrefix))
          .map((logGroupName) => ({ logGroupName })),
      })),
    )
    .on(DeleteLogGroupCommand)
    .callsFake(calling(({ logGroupName = "" }: { logGroupName?: string }) => (logGroups.delete(logGroupName), {})));

  return {
    /** @param calls after which the process is killed */
    async destroy(calls: number) {
      left = calls;
      const args = ["--stack", name, "--yes", "--delete-data"];
      return run((host) => buildDestroyCommand(host, { pollMs: 1, outputFolder: t.testdirName }), args);
    },
    killed: () => left < 0,
    remains: () => [
      ...tables.keys(),
      ...queues,
      ...logGroups,
      ...stacks.filter(({ status }) => status !== "DELETE_COMPLETE").map((stack) => stack.name),
    ],
  };
}

t.test("a removal that was killed at any point goes on with the same command until nothing is left", async (t) => {
  let points = 0;
  for (let calls = 1; ; calls += 1) {
    const account = openProduction(t);
    await account.destroy(calls);
    const killed = account.killed();
    if (killed) points += 1;
    const { code, stderr, stdout } = await account.destroy(Infinity);
    t.equal(code, 0, `killed at call ${calls}: ${stderr}${stdout}`);
    t.strictSame(account.remains(), [], `killed at call ${calls}`);
    if (!killed) break;
  }
  t.ok(points > 30, `${points} points`);
});
