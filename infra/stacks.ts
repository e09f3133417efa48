/**
 * The stacks of a configuration, and the checks of every synthesis: CloudFormation's rules (enabled in cdk.json) and
 * AWS's recommendations. Exceptions are explained where they occur.
 */
import { Validations, type App } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { StackConfig } from "./config.ts";
import { FirewallStack } from "./firewall.ts";
import { TurnoutStack } from "./stack.ts";

export interface StacksOptions {
  readonly config: StackConfig;
  readonly event: EventDefinition;
  /** The zip made by `npm run bundle`. */
  readonly bundlePath: string;
  /** Time of this synthesis, milliseconds since the epoch. */
  readonly now: number;
}

export interface Stacks {
  readonly main: TurnoutStack;
  readonly firewall: FirewallStack | undefined;
}

export function addStacks(app: App, { config, event, bundlePath, now }: StacksOptions): Stacks {
  const name = `${config.stackName}-${config.stage}`;
  const main = new TurnoutStack(app, name, {
    stackName: name,
    description: `Turnout: registrations for ${event.name}`,
    config,
    event,
    bundlePath,
    now,
  });
  let firewall: FirewallStack | undefined;
  if (config.waf) {
    firewall = new FirewallStack(app, `${name}-firewall`, {
      stackName: `${name}-firewall`,
      description: `Turnout: firewall of ${name}`,
      env: { region: "us-east-1" },
      config,
      mainStackName: name,
      now,
    });
    main.addStackDependency(firewall, "reads the firewall's name while it deploys");
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { main, firewall };
}
