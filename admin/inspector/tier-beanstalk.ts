/** Reads the tiers' health on AWS from Elastic Beanstalk. */
import { DescribeEnvironmentHealthCommand, ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { withoutAddresses } from "../../shared/process/logger.ts";
import { plainClientOptions, type StackLocation } from "../../terminal/stack-outputs.ts";
import type { TierSource, TierState } from "./tier-state.ts";

export interface TierBeanstalkOptions extends StackLocation {
  /** Names of the Elastic Beanstalk environments. */
  readonly environments: Readonly<Record<"web" | "worker", string>>;
}

/** Elastic Beanstalk's colours (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-status.html). */
const healthByColor: Record<string, TierState["health"]> = {
  Green: "ok",
  Yellow: "unhealthy",
  Red: "unhealthy",
  Grey: "unknown",
};

export function createTierBeanstalkSource(options: TierBeanstalkOptions): TierSource {
  const { environments } = options;

  async function readState(client: ElasticBeanstalkClient, tier: TierState["tier"]): Promise<TierState> {
    try {
      const { Color = "Grey", Causes = [] } = await client.send(
        new DescribeEnvironmentHealthCommand({
          EnvironmentName: environments[tier],
          AttributeNames: ["Color", "Causes"],
        }),
      );
      return { tier, health: healthByColor[Color] ?? "unknown", causes: Causes };
    } catch (error) {
      return { tier, health: "unknown", causes: [explain(error)] };
    }
  }

  function explain(error: unknown): string {
    return error instanceof Error ? `${error.name}: ${withoutAddresses(error.message)}` : String(error);
  }

  return async function readTiers() {
    const beanstalk = new ElasticBeanstalkClient(plainClientOptions(options));
    try {
      return await Promise.all([readState(beanstalk, "web"), readState(beanstalk, "worker")]);
    } finally {
      beanstalk.destroy();
    }
  };
}
