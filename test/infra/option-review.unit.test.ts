import {
  DescribeConfigurationSettingsCommand,
  ElasticBeanstalkClient,
  type ConfigurationOptionSetting,
} from "@aws-sdk/client-elastic-beanstalk";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../equipment/file-test.ts";
import { reviewOptions } from "../../deploy/stack/option-review.ts";
import { createResolve } from "../../deploy/stack/template-values.ts";
import { givenOptions } from "./environment-settings.ts";
import { awsError } from "../deploy/stack/deployed-summit.ts";
import { deployedResources, stackId, template } from "./deployed-template.ts";

const mock = mockClient(ElasticBeanstalkClient);
const client = new ElasticBeanstalkClient({ region: "eu-central-1" });
t.teardown(() => {
  mock.restore();
  client.destroy();
});
const resolve = createResolve(template, stackId, deployedResources);
const properties = "aws:elasticbeanstalk:application:environment";
const tiers = { web: "Web", worker: "Worker" } as const;

type Change = (options: ConfigurationOptionSetting[]) => ConfigurationOptionSetting[];

/** @param change what somebody did by hand to the web environment */
async function review(change: Change = (options) => options) {
  mock.reset();
  for (const [tier, name] of Object.entries(tiers) as [keyof typeof tiers, (typeof tiers)["web" | "worker"]][]) {
    const OptionSettings = givenOptions(template, name).map(({ Namespace, OptionName, Value }) => ({
      Namespace,
      OptionName,
      Value: resolve(Value) ?? "what only AWS knows",
    }));
    // Elastic Beanstalk answers with all options, also those that nobody set.
    const all = [
      ...OptionSettings,
      { Namespace: "aws:autoscaling:asg", OptionName: "Availability Zones", Value: "Any" },
    ];
    mock.on(DescribeConfigurationSettingsCommand, { ApplicationName: "app", EnvironmentName: tier }).resolves({
      ConfigurationSettings: [
        { DeploymentStatus: "pending", OptionSettings: [] },
        { DeploymentStatus: "deployed", OptionSettings: tier === "web" ? change(all) : all },
      ],
    });
  }
  const { signal } = new AbortController();
  const environments = { web: "web", worker: "worker" };
  return reviewOptions({ client, applicationName: "app", environments, template, resolve, signal });
}

const set =
  (name: string, Value: string): Change =>
  (options) =>
    options.map((one) => (one.OptionName === name ? { ...one, Value } : one));

t.test("references are compared as the names that they became", async (t) => {
  const of = (tier: "Web" | "Worker", wanted: string) =>
    resolve(givenOptions(template, tier).find(({ OptionName }) => OptionName === wanted)?.Value);
  t.match(of("Web", "QUEUE_URL"), /^https:\/\/sqs\.eu-central-1\.amazonaws\.com\/123456789012\/DataQueue/);
  t.match(of("Web", "SecurityGroups"), /^sg-Network/);
  t.match(of("Worker", "Subnets"), /^subnet-\w+,subnet-\w+$/);
  t.match(of("Worker", "IamInstanceProfile"), /^arn:aws:iam::123456789012:instance-profile\/RolesWorkerProfile/);
  t.equal(of("Web", "CLOUDWATCH_STACK"), "turnout-test");
});

t.test("an environment as it was deployed passes, with every option and property of the template", async (t) => {
  const checks = await review();
  t.match(checks, [
    { name: "web options", status: "ok", found: /^all \d\d are as in the template$/ },
    { name: "web properties", status: "ok" },
    { name: "worker options", status: "ok" },
    { name: "worker properties", status: "ok" },
  ]);
});

t.test("the same in another form is no difference: order, JSON, case, names for ARNs", async (t) => {
  const checks = await review((options) =>
    options.map((one) => {
      const { OptionName = "", Value = "" } = one;
      if (OptionName === "Subnets") return { ...one, Value: Value.split(",").toReversed().join(", ") };
      if (OptionName === "ConfigDocument") return { ...one, Value: JSON.stringify(JSON.parse(Value), null, 1) };
      if (OptionName === "IamInstanceProfile") return { ...one, Value: Value.split("/").at(-1) ?? "" };
      return OptionName === "DisableIMDSv1" ? { ...one, Value: "True" } : one;
    }),
  );
  t.strictSame(
    checks.filter(({ status }) => status !== "ok"),
    [],
  );
});

t.test("an option changed by hand is named, with the command that undoes it", async (t) => {
  const [options, others] = await review(set("MaxSize", "2"));
  t.match(options, {
    name: "web options",
    status: "failed",
    found: 'aws:autoscaling:asg MaxSize has "2", not "20"',
    todo: /changes nothing.*update-environment --environment-name web --option-settings '\[\{.*"MaxSize","Value":"20"\}\]'$/,
  });
  t.match(others, { name: "web properties", status: "ok" });
  const [missing] = await review((all) => all.filter(({ OptionName }) => OptionName !== "DisableIMDSv1"));
  t.match(missing, { status: "failed", found: "aws:autoscaling:launchconfiguration DisableIMDSv1 is not set" });
});

t.test("a property changed, removed or added by hand is named, and nobody's secret is shown", async (t) => {
  const [, changed] = await review(set("QUEUE_URL", "https://sqs.example/secret"));
  t.match(changed, { name: "web properties", status: "failed", found: /^QUEUE_URL has another value, not "https/ });
  t.notMatch(JSON.stringify(changed), "secret");
  const extra = { Namespace: properties, OptionName: "DEBUG_TOKEN", Value: "hunter2" };
  const [, added] = await review((options) => [...options, extra]);
  t.match(added, {
    status: "failed",
    found: /DEBUG_TOKEN is set/,
    todo: /--options-to-remove '\[\{.*"DEBUG_TOKEN"\}\]'/,
  });
  t.notMatch(JSON.stringify(added), "hunter2");
  const [, removed] = await review((options) => options.filter(({ OptionName }) => OptionName !== "TRUST_PROXY"));
  t.match(removed, { status: "failed", found: "TRUST_PROXY is not set" });
});

t.test("without the right to read them they are unknown, for each tier", async (t) => {
  await review();
  mock.reset();
  mock.on(DescribeConfigurationSettingsCommand).rejects(awsError("AccessDenied"));
  const { signal } = new AbortController();
  const environments = { web: "web", worker: "worker" };
  const checks = await reviewOptions({ client, applicationName: "app", environments, template, resolve, signal });
  t.match(checks, [{ status: "unknown" }, { status: "unknown" }]);
});
