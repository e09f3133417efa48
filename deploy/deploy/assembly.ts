/** The stacks that the CDK app synthesised, as they stand in the assembly's folder. */
import { CloudAssembly } from "aws-cdk-lib/cx-api";
import { TurnoutError } from "../../shared/errors.ts";
import { parseTemplate, propertiesOf, type Template } from "../stack/template.ts";
import { qualifierOf } from "./bootstrap.ts";

export interface AssembledStack {
  readonly name: string;
  readonly region: string;
  readonly template: Template;
  /** The oldest bootstrap stack that will do. */
  readonly bootstrapVersion: number;
  /** Which bootstrap stack of the region it uses. */
  readonly qualifier: string;
}

/** @param defaultRegion of a stack that names none */
export function readAssembly(folder: string, defaultRegion: string): AssembledStack[] {
  return new CloudAssembly(folder).stacks.map(({ stackName, environment, template, ...stack }) => ({
    name: stackName,
    region: environment.region === "unknown-region" ? defaultRegion : environment.region,
    template: parseTemplate(JSON.stringify(template)),
    bootstrapVersion: stack.requiresBootstrapStackVersion ?? 0,
    qualifier: qualifierOf(stack.bootstrapStackVersionSsmParameter),
  }));
}

export function mainOf(stacks: readonly AssembledStack[]): AssembledStack {
  const main = stacks.find(({ template }) => propertiesOf(template, "AWS::ElasticBeanstalk::Environment").length > 0);
  if (main === undefined) throw new TurnoutError("TURNOUT_USAGE_INVALID", "The CDK app has no Turnout stack.");
  return main;
}

/**
 * All runs share the folder, and a question may stand for long: meanwhile another run may have put another stack there, or
 * this one with other settings.
 * @param shown what was checked, and agreed to
 * @returns why it cannot be deployed any more; undefined where it is still the same
 */
export function changedAssembly(
  shown: readonly AssembledStack[],
  folder: string,
  defaultRegion: string,
): string | undefined {
  let now: readonly AssembledStack[] | undefined;
  try {
    now = readAssembly(folder, defaultRegion);
  } catch {
    // The other run is writing it.
  }
  if (JSON.stringify(now) === JSON.stringify(shown)) return undefined;
  return `Another command has synthesised other templates in ${folder} since the checks. Run the command again when it is done.`;
}
