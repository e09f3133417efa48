import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { checkDeniedCalls } from "../../../deploy/stack/denied-calls.ts";
import { deploymentNames } from "../../../deploy/stack/tier-rights.ts";
import { describeSystemError } from "../../../shared/process/system-error.ts";
import { awsError, outputs } from "./deployed-summit.ts";

const logs = mockClient(CloudWatchLogsClient);
t.beforeEach(() => {
  logs.reset();
  logs
    .on(DescribeLogGroupsCommand)
    .resolves({ logGroups: [{ logGroupName: "/aws/elasticbeanstalk/summit-worker/var/log/web.stdout.log" }] });
});
t.teardown(() => logs.restore());

const since = "2027-01-01T09:00:00.000Z";
const check = () =>
  checkDeniedCalls({
    client: new CloudWatchLogsClient({ region: "eu-central-1" }),
    tier: "worker",
    environment: "summit-worker",
    names: deploymentNames(outputs),
    since,
    signal: new AbortController().signal,
  });
const said = (action: string, resource: string) =>
  `User: arn:aws:sts::123456789012:assumed-role/summit-worker/i-1 is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows it`;
const at = (minute: number) => Date.parse(since) + minute * 60_000;

t.test("logs without a denial pass, and only the given time is read", async (t) => {
  logs.on(FilterLogEventsCommand).resolves({ events: [] });
  t.match(await check(), [{ status: "ok", found: /none since 2027-01-01T09/ }]);
  t.equal(logs.commandCalls(FilterLogEventsCommand)[0]?.args[0].input.startTime, Date.parse(since));
});

t.test(
  "denied calls are counted by action and resource over all pages, with the statement that should allow them",
  async (t) => {
    const table = "arn:aws:dynamodb:eu-central-1:123456789012:table/summit-registrations";
    logs
      .on(FilterLogEventsCommand)
      .resolvesOnce({ events: [{ message: said("dynamodb:PartiQLInsert", table), timestamp: at(1) }], nextToken: "2" })
      .resolvesOnce({
        events: [
          { message: JSON.stringify({ msg: said("dynamodb:PartiQLInsert", table) }), timestamp: at(5) },
          { message: said("s3:DeleteBucket", "arn:aws:s3:::elsewhere"), timestamp: at(2) },
          {
            message:
              "User `arn:aws:sts::123456789012:assumed-role/w/i-1' is not authorized to perform `ses:SendBulkEmail' on resource `arn:aws:ses:eu-central-1:123456789012:identity/example.org'",
            timestamp: at(4),
          },
          { message: "AccessDenied, but of what nobody says", timestamp: at(3) },
        ],
      });
    t.match(await check(), [
      {
        name: "worker log: denied calls",
        status: "failed",
        found: `2 × dynamodb:PartiQLInsert on ${table}, last at 2027-01-01T09:05:00.000Z`,
        todo: /statement Store of Roles\/WorkerRole/,
      },
      { found: /1 × s3:DeleteBucket/, todo: /No statement of Roles\/WorkerRole is about s3:DeleteBucket/ },
      { found: /1 × ses:SendBulkEmail on arn:aws:ses:eu-central-1:123456789012:identity\/example\.org, last/ },
    ]);
  },
);

t.test("the worker's own wording is recognised too", async (t) => {
  const { message } = describeSystemError(
    "access-denied",
    { action: "sqs:ReceiveMessage", resource: outputs.QueueUrl, construct: "Roles/WorkerRole" },
    new Error("denied"),
  );
  logs.on(FilterLogEventsCommand).resolves({ events: [{ message: JSON.stringify({ message }), timestamp: at(1) }] });
  t.match(await check(), [{ found: /1 × sqs:ReceiveMessage on https:\/\/sqs/, todo: /statement Drain/ }]);
});

t.test("the number of pages read is limited", async (t) => {
  logs.on(FilterLogEventsCommand).resolves({ events: [], nextToken: "more" });
  await check();
  t.ok(logs.commandCalls(FilterLogEventsCommand).length <= 10);
});

t.test("a missing or unreadable log is unknown, not passed", async (t) => {
  logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [] });
  t.match(await check(), [{ status: "unknown", found: /no log of the environment summit-worker/ }]);
  logs
    .on(DescribeLogGroupsCommand)
    .rejects(awsError("AccessDeniedException", "not authorized: logs:DescribeLogGroups"));
  t.match(await check(), [{ status: "unknown", found: /logs:DescribeLogGroups/ }]);
});
