import { Command } from "commander";
import { t } from "../../equipment/file-test.ts";
import { showChecks, showDeployment, type DeployOutput } from "../../../deploy/deploy/deploy-report.ts";
import { run } from "../stack/command-stand-in.ts";

const created: DeployOutput = {
  stack: "summit-production",
  account: "123456789012",
  region: "eu-central-1",
  identity: "arn:aws:iam::123456789012:user/ann",
  outcome: "created",
  problems: [],
  warnings: [],
  chosen: [],
  quotas: [],
  bootstrap: [],
  url: "https://summit.example.org",
  outputs: { Url: "https://summit.example.org", DistributionDomainName: "d1.cloudfront.net" },
  failure: null,
  evidence: [],
  seconds: 754,
};

const show = (output: DeployOutput) =>
  run(({ terminal }) => new Command("show").action(() => showDeployment(terminal, output)), []);

t.test("an own domain needs a CNAME to CloudFront; CloudFront's own name does not", async (t) => {
  const own = await show(created);
  t.match(own.stdout, /summit-production is created \(12 min 34 s\)/);
  t.match(own.stdout, "Point a CNAME of summit.example.org to d1.cloudfront.net");
  t.match(own.stdout, /Confirm the alarms[\s\S]*stack verify --stack summit-production[\s\S]*First deployment/);
  const plain = await show({ ...created, outputs: { ...created.outputs, Url: "https://d1.cloudfront.net" } });
  t.notMatch(plain.stdout, "CNAME");
});

t.test("steps for a first deployment are not repeated", async (t) => {
  const { stdout } = await show({ ...created, outcome: "updated" });
  t.match(stdout, "summit-production is updated");
  t.notMatch(stdout, "First deployment");
});

t.test("problems are shown, and that nothing was deployed", async (t) => {
  const { stdout, stderr } = await show({ ...created, outcome: "not-ready", problems: ["Quota: 1 VPCs are needed"] });
  t.match(stderr, "✗ Quota");
  t.equal(stdout, "Nothing was deployed.\n");
});

t.test("every check shows what is needed and what is available", async (t) => {
  const quota = {
    name: "vCPUs",
    needed: 4,
    peak: 38,
    used: 2,
    limit: 16,
    verdict: "short at the peak",
    detail: "",
  } as const;
  const unknown = {
    ...quota,
    name: "VPCs",
    peak: 4,
    used: null,
    limit: null,
    verdict: "unknown",
    detail: "AccessDenied",
  } as const;
  const output: DeployOutput = {
    ...created,
    quotas: [quota, unknown],
    bootstrap: [{ region: "us-east-1", stack: null, version: null, required: 6, ready: false }],
  };
  const { stderr } = await run(({ terminal }) => new Command("show").action(() => showChecks(terminal, output)), []);
  t.match(stderr, "!!  vCPUs: 4 needed, 38 at the peak, 14 of 16 left");
  t.match(stderr, "??  VPCs: 4 needed, AccessDenied");
  t.match(stderr, "no  CDK's bootstrap stack in us-east-1: none");
});
