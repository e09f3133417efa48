/** The tags of a stack: Turnout's, and the organiser's own. */
import { Tags } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import type { StackConfig } from "./config.ts";
import { ownTags } from "./own-tags.ts";

/**
 * Tags all that can carry one. The commands know a stack by Turnout's own, whose values never change.
 * @param mainStack name of the deployment's main stack
 */
export function tagStack(stack: IConstruct, mainStack: string, config: Pick<StackConfig, "stage" | "tags">): void {
  const tags = { "turnout:stack": mainStack, "turnout:stage": config.stage, ...ownTags(config) };
  for (const [key, value] of Object.entries(tags)) Tags.of(stack).add(key, value);
}
