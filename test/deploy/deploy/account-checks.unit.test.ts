import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DescribeLimitsCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { GetAccountCommand } from "@aws-sdk/client-sesv2";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { readBootstrap } from "../../../deploy/deploy/bootstrap.ts";
import { checkQuotas, demandOf, Quota } from "../../../deploy/deploy/quotas.ts";
import { fullSettings, synthesized } from "../../infra/templates.ts";
import { awsError, openAccount, region } from "../stack/account-stand-in.ts";

const { main } = await synthesized();
const demand = demandOf(main);
const validator = Compile(Quota);

function open(t: Test, limits: Readonly<Record<string, number>> = {}) {
  const { clients, mocks } = openAccount(t);
  const all: Record<string, number> = {
    "L-1216C47A": 100,
    "L-0263D0A3": 5,
    "L-F678F1CE": 5,
    "L-0EA8095F": 60,
    ...limits,
  };
  mocks.quotas
    .on(GetServiceQuotaCommand)
    .callsFake(({ QuotaCode = "" }: { QuotaCode?: string }) => ({ Quota: { Value: all[QuotaCode] } }));
  mocks.ec2
    .on(DescribeInstanceTypesCommand)
    .resolves({ InstanceTypes: [{ InstanceType: "c7g.medium", VCpuInfo: { DefaultVCpus: 1 } }] })
    .on(DescribeInstancesCommand)
    .resolves({
      Reservations: [
        {
          Instances: [
            { InstanceType: "m7i.large", CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 } },
            { InstanceType: "g5.xlarge", CpuOptions: { CoreCount: 2, ThreadsPerCore: 2 } },
            {
              InstanceType: "c7g.medium",
              CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 },
              Tags: [{ Key: "turnout:stack", Value: "summit-test" }],
            },
          ],
        },
      ],
    })
    .on(DescribeAddressesCommand)
    .resolves({ Addresses: [{}] })
    .on(DescribeVpcsCommand)
    .resolves({ Vpcs: [{}, {}] });
  mocks.dynamoDb.on(DescribeLimitsCommand).resolves({ TableMaxWriteCapacityUnits: 40_000 });
  const check = async (exists = false) => {
    const rows = await checkQuotas(clients, demand, "summit-test", exists);
    for (const row of rows) t.ok(validator.Check(row), row.name);
    return rows;
  };
  return { mocks, check };
}

t.test("the demand is read from the template to be deployed", async (t) => {
  t.same(demand, {
    instances: [
      { type: "c7g.medium", least: 3, most: 30 },
      { type: "c7g.medium", least: 1, most: 8 },
    ],
    addresses: 1,
    networks: 1,
    tableWrites: 4_000,
  });
  const full = demandOf((await synthesized({ settings: fullSettings })).main);
  t.match(full, { addresses: 2, tableWrites: 10_000 });
});

t.test("other standard instances count, the stack's own do not", async (t) => {
  const rows = await open(t).check();
  t.same(
    rows.map(({ verdict }) => verdict),
    ["enough", "enough", "enough", "enough", "enough"],
  );
  t.match(rows[0], { needed: 4, peak: 38, used: 2, limit: 100 });
});

t.test("a quota that prevents the deployment differs from one that limits its growth", async (t) => {
  const { check } = open(t, { "L-1216C47A": 16, "L-0263D0A3": 1 });
  const [processors, addresses] = await check();
  t.match(processors, { verdict: "short at the peak" });
  t.match(addresses, { verdict: "short", needed: 1, used: 1, limit: 1 });
  const few = open(t, { "L-1216C47A": 5 });
  t.match((await few.check())[0], { verdict: "short", needed: 4, used: 2, limit: 5 });
});

t.test("an existing stack has its network and its address", async (t) => {
  const { check } = open(t, { "L-0263D0A3": 1, "L-F678F1CE": 2 });
  t.match(await check(true), [{}, { needed: 0, verdict: "enough" }, { needed: 0, verdict: "enough" }]);
});

t.test("an account without a quota of its own has AWS's default", async (t) => {
  const { mocks, check } = open(t);
  mocks.quotas.on(GetServiceQuotaCommand).rejects(awsError("NoSuchResourceException"));
  mocks.quotas.on(GetAWSDefaultServiceQuotaCommand).resolves({ Quota: { Value: 7 } });
  t.match(await check(), [{ limit: 7 }, { limit: 7 }]);
});

t.test("where there is mail, SES's quotas are among them", async (t) => {
  const { clients, mocks } = openAccount(t);
  const mailing = { ...demand, mailsPerSecond: 50 };
  const check = async () => (await checkQuotas(clients, mailing, "summit-test", true)).slice(-2);
  const quota = { Max24HourSend: 50_000, SentLast24Hours: 12.5, MaxSendRate: 14 };
  mocks.ses.on(GetAccountCommand).resolves({ SendQuota: quota });
  const rows = await check();
  for (const row of rows) t.ok(validator.Check(row), row.name);
  t.match(rows, [
    { name: /in a second/, needed: 1, peak: 50, limit: 14, verdict: "short at the peak" },
    { name: /in 24 hours/, used: 13, limit: 50_000, verdict: "enough" },
  ]);
  mocks.ses.on(GetAccountCommand).resolves({ SendQuota: { ...quota, Max24HourSend: -1 } });
  t.match(await check(), [{}, { verdict: "enough" }]);
  mocks.ses.on(GetAccountCommand).rejects(awsError("AccessDeniedException", "ses:GetAccount"));
  t.match(await check(), [
    { verdict: "unknown", detail: /ses:GetAccount/ },
    { verdict: "unknown", limit: null },
  ]);
});

t.test("a quota that cannot be read is unknown and stops nothing", async (t) => {
  const { mocks, check } = open(t);
  mocks.quotas.on(GetServiceQuotaCommand).rejects(awsError("AccessDeniedException", "servicequotas:GetServiceQuota"));
  mocks.dynamoDb.on(DescribeLimitsCommand).rejects(awsError("ThrottlingException"));
  mocks.ec2.on(DescribeAddressesCommand).rejects(awsError("UnauthorizedOperation"));
  const rows = await check();
  t.match(rows[0], { verdict: "unknown", limit: null, detail: /servicequotas:GetServiceQuota/ });
  t.match(rows[1], { verdict: "unknown", used: null });
  t.match(rows[4], { verdict: "unknown", detail: /Throttling/ });
  const sizeless = open(t);
  sizeless.mocks.ec2.on(DescribeInstanceTypesCommand).rejects(awsError("UnauthorizedOperation"));
  t.match(await sizeless.check(), [{ verdict: "unknown", detail: /Unauthorized/ }, { verdict: "enough" }]);
});

const cases: [title: string, status: string | undefined, version: string | undefined, ready: boolean][] = [
  ["new enough", "CREATE_COMPLETE", "28", true],
  ["just enough", "UPDATE_COMPLETE", "6", true],
  ["too old", "UPDATE_COMPLETE", "5", false],
  ["not there", undefined, undefined, false],
  ["half made", "ROLLBACK_COMPLETE", "28", false],
  ["somebody else's of the same name", "CREATE_COMPLETE", undefined, false],
];

for (const [title, status, version, ready] of cases) {
  t.test(`a bootstrap stack that is ${title} ${ready ? "will" : "will not"} do`, async (t) => {
    const outputs: Record<string, string> = version === undefined ? {} : { BootstrapVersion: version };
    const { clients } = openAccount(t, status === undefined ? [] : [{ name: "CDKToolkit", status, outputs }]);
    const found = await readBootstrap(clients.cloudFormation, region, 6);
    const stack = status === undefined ? null : "CDKToolkit";
    t.same(found, { region, stack, version: version === undefined ? null : Number(version), required: 6, ready });
  });
}

t.test("an error of CloudFormation is thrown, not taken for a missing stack", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("AccessDenied"));
  await t.rejects(readBootstrap(clients.cloudFormation, region, 6), { name: "AccessDenied" });
});
