/** The Auto Scaling groups of the tiers, as AWS knows them. */
import {
  DescribeAutoScalingGroupsCommand,
  type AutoScalingClient,
  type AutoScalingGroup,
} from "@aws-sdk/client-auto-scaling";
import { DescribeEnvironmentResourcesCommand, type ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";

/** @returns undefined where there is none of this name @throws the SDK's error */
export async function readGroup(client: AutoScalingClient, name: string): Promise<AutoScalingGroup | undefined> {
  const { AutoScalingGroups: [group] = [] } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
  );
  return group;
}

/** @returns the name of the group that an environment has now @throws the SDK's error */
export async function groupOf(client: ElasticBeanstalkClient, EnvironmentName: string): Promise<string | undefined> {
  const { EnvironmentResources } = await client.send(new DescribeEnvironmentResourcesCommand({ EnvironmentName }));
  return EnvironmentResources?.AutoScalingGroups?.[0]?.Name;
}
