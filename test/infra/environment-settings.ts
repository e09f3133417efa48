/** Reads the option settings of a synthesised Beanstalk environment. */
import type { GivenOption } from "./beanstalk-options.ts";
import type { Template } from "./synthesis.ts";
import { only } from "./templates.ts";

export type Tier = "Web" | "Worker";

export function givenOptions(template: Template, tier: Tier): readonly GivenOption[] {
  return only(template, "AWS::ElasticBeanstalk::Environment", `Platform${tier}`).Properties[
    "OptionSettings"
  ] as readonly GivenOption[];
}

/** @returns name → value of one namespace, empty where the environment sets nothing in it */
export function settingsOf(template: Template, tier: Tier, namespace: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    givenOptions(template, tier)
      .filter((option) => option.Namespace === namespace)
      .map((option) => [option.OptionName, option.Value]),
  );
}

/** @returns the environment variables that a tier gets, secrets among them */
export function variablesOf(template: Template, tier: Tier): Readonly<Record<string, unknown>> {
  return {
    ...settingsOf(template, tier, "aws:elasticbeanstalk:application:environment"),
    ...settingsOf(template, tier, "aws:elasticbeanstalk:application:environmentsecrets"),
  };
}
