/**
 * Checks that the tags of the template reach what Elastic Beanstalk makes: its Auto Scaling groups hand them on to every
 * instance. The organiser's bill is divided by them. Read-only.
 */
import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import { attempt, failed, ok, type Check } from "./checklist.ts";
import { readGroup } from "./groups.ts";
import { propertiesOf, type Template } from "./template.ts";
import type { Resolve } from "./template-values.ts";

export interface TagReviewOptions {
  readonly client: AutoScalingClient;
  /** Names of the Auto Scaling groups. */
  readonly groups: Readonly<Record<TierName, string>>;
  readonly template: Template;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
}

/** @returns the tags of the environments, which are the same for both */
function wantedTags(template: Template, resolve: Resolve): Map<string, string | undefined> {
  const [environment] = propertiesOf(template, "AWS::ElasticBeanstalk::Environment");
  const tags = (environment?.["Tags"] ?? []) as readonly {
    readonly Key: string;
    readonly Value: unknown;
  }[];
  return new Map(tags.map(({ Key, Value }) => [Key, resolve(Value)]));
}

export async function reviewTags(options: TagReviewOptions): Promise<readonly Check[]> {
  const { client, groups, template, resolve, signal } = options;
  const wanted = wantedTags(template, resolve);
  const checks = await Promise.all(
    tiers.map((tier) => {
      const name = `${tier} tags`;
      return attempt(name, signal, async () => {
        const group = await readGroup(client, groups[tier]);
        const handedOn = (group?.Tags ?? []).filter(({ PropagateAtLaunch }) => PropagateAtLaunch);
        const given = new Map(handedOn.map(({ Key = "", Value }) => [Key, Value]));
        const missing = [...wanted].filter(([key, value]) => value !== undefined && given.get(key) !== value);
        if (missing.length === 0) return ok(name, `${[...wanted.keys()].join(", ")} reach every instance`);
        return failed(
          name,
          `not on the tier's instances: ${missing.map(([key, value]) => `${key}=${value}`).join(", ")}`,
          "Elastic Beanstalk did not hand them on. Tag the environment by hand: aws elasticbeanstalk update-tags-for-resource.",
        );
      });
    }),
  );
  return checks.flat();
}
