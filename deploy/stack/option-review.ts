/**
 * Compares what Elastic Beanstalk runs with what the template says: options and environment properties. Somebody may have
 * changed them by hand, and Elastic Beanstalk silently ignores what it doesn't know. Read-only.
 */
import { isDeepStrictEqual } from "node:util";
import {
  DescribeConfigurationSettingsCommand,
  type ConfigurationOptionSetting,
} from "@aws-sdk/client-elastic-beanstalk";
import { tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import { attempt, failed, ok, type Check } from "./checklist.ts";
import type { DeploymentClients } from "./clients.ts";
import { propertiesOf, type Template } from "./template.ts";
import type { Resolve } from "./template-values.ts";

export interface OptionReviewOptions {
  readonly client: DeploymentClients["beanstalk"];
  readonly applicationName: string;
  readonly environments: Readonly<Record<TierName, string>>;
  readonly template: Template;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
}

interface Option {
  readonly namespace: string;
  readonly name: string;
  /** Undefined where only AWS knows what the template's reference became. */
  readonly value: string | undefined;
}

const variables = "aws:elasticbeanstalk:application:environment";
/** Elastic Beanstalk sets these beside those that it is given. */
const variablesOfPlatform = /^(PORT|NODE_ENV|NPM_USE_PRODUCTION|NODE_COMMAND)$/;
const mostNamed = 5;
const tierNames: Readonly<Record<TierName, string>> = { web: "WebServer", worker: "Worker" };

function wantedOptions(template: Template, tier: TierName, resolve: Resolve): Option[] {
  const found = propertiesOf(template, "AWS::ElasticBeanstalk::Environment").find(
    ({ Tier }) => (Tier as { Name?: unknown } | undefined)?.Name === tierNames[tier],
  );
  const settings = (found?.["OptionSettings"] ?? []) as readonly Record<string, unknown>[];
  return settings.map(({ Namespace, OptionName, Value }) => ({
    namespace: String(Namespace),
    name: String(OptionName),
    value: resolve(Value),
  }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns whether both say the same: Elastic Beanstalk may give lists in another order, JSON otherwise written, ARNs as names */
function sameValue(wanted: string, deployed: string): boolean {
  if (wanted.toLowerCase() === deployed.toLowerCase()) return true;
  if (wanted.endsWith(`/${deployed}`) || deployed.endsWith(`/${wanted}`)) return deployed !== "";
  const json = jsonOf(wanted);
  if (typeof json === "object" && json !== null) return isDeepStrictEqual(json, jsonOf(deployed));
  const sorted = (list: string) =>
    list
      .split(/\s*,\s*/)
      .toSorted()
      .join();
  return wanted.includes(",") && sorted(wanted) === sorted(deployed);
}

interface Difference extends Option {
  readonly said: string;
}

function differences(wanted: readonly Option[], deployed: readonly ConfigurationOptionSetting[]): Difference[] {
  const values = new Map(deployed.map(({ Namespace, OptionName, Value }) => [`${Namespace} ${OptionName}`, Value]));
  const found: Difference[] = [];
  for (const option of wanted) {
    const { namespace, name, value } = option;
    const label = namespace === variables ? name : `${namespace} ${name}`;
    const is = values.get(`${namespace} ${name}`);
    if (is === undefined) found.push({ ...option, said: `${label} is not set` });
    else if (value !== undefined && !sameValue(value, is)) {
      // What somebody put into a variable may be a secret.
      const shown = namespace === variables ? "another value" : `"${is}"`;
      found.push({ ...option, said: `${label} has ${shown}, not "${value}"` });
    }
  }
  const known = new Set(wanted.filter(({ namespace }) => namespace === variables).map(({ name }) => name));
  for (const { Namespace = "", OptionName = "" } of deployed) {
    if (Namespace !== variables || known.has(OptionName) || variablesOfPlatform.test(OptionName)) continue;
    const extra = { namespace: Namespace, name: OptionName, value: undefined };
    found.push({ ...extra, said: `${OptionName} is set, and the template does not know it` });
  }
  return found;
}

/** The command that undoes the differences: deploying the same template again would not. */
function remedy(environment: string, found: readonly Difference[]): string {
  const json = (options: readonly object[]) => `'${JSON.stringify(options)}'`;
  const set = found.flatMap(({ namespace, name, value }) =>
    value === undefined ? [] : [{ Namespace: namespace, OptionName: name, Value: value }],
  );
  const removed = found
    .filter(({ said }) => said.endsWith("does not know it"))
    .map(({ namespace, name }) => ({ Namespace: namespace, OptionName: name }));
  return [
    "Deploying again changes nothing while the template is the same. To undo it:",
    `aws elasticbeanstalk update-environment --environment-name ${environment}`,
    ...(set.length > 0 ? [`--option-settings ${json(set)}`] : []),
    ...(removed.length > 0 ? [`--options-to-remove ${json(removed)}`] : []),
  ].join(" ");
}

/** @returns a check of each tier's options, and one of its environment properties */
export async function reviewOptions(options: OptionReviewOptions): Promise<readonly Check[]> {
  const { client, applicationName, environments, template, resolve, signal } = options;

  async function review(tier: TierName): Promise<readonly Check[]> {
    const EnvironmentName = environments[tier];
    const { ConfigurationSettings = [] } = await client.send(
      new DescribeConfigurationSettingsCommand({ ApplicationName: applicationName, EnvironmentName }),
    );
    // While an environment is updated there is also the pending one.
    const deployed = ConfigurationSettings.find(({ DeploymentStatus }) => DeploymentStatus !== "pending");
    const wanted = wantedOptions(template, tier, resolve);
    const found = differences(wanted, deployed?.OptionSettings ?? []);
    const check = (name: string, ofVariables: boolean) => {
      const mine = (option: Option) => (option.namespace === variables) === ofVariables;
      const wrong = found.filter(mine);
      if (wrong.length === 0) return ok(name, `all ${wanted.filter(mine).length} are as in the template`);
      const more = wrong.length > mostNamed ? `, and ${wrong.length - mostNamed} more` : "";
      const said = wrong.slice(0, mostNamed).map((one) => one.said);
      return failed(name, `${said.join("; ")}${more}`, remedy(EnvironmentName, wrong));
    };
    return [check(`${tier} options`, false), check(`${tier} properties`, true)];
  }

  const checks = await Promise.all(
    tiers.map((tier) => attempt(`${tier} options and properties`, signal, () => review(tier))),
  );
  return checks.flat();
}
