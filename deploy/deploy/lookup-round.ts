/**
 * Elastic Beanstalk gives a rebuilt environment a new Auto Scaling group, and the template stays as it was, so
 * CloudFormation asks for no name again. A higher round in the template makes it ask.
 */
import type { DeploymentClients } from "../stack/clients.ts";
import type { DeployedStack } from "../stack/deployed-stack.ts";
import { groupOf } from "../stack/groups.ts";

export interface LookupRound {
  /** For the setting `lookupRound`; undefined where the deployed one stays: 1, or that of a stack without it. */
  readonly round: number | undefined;
  /** Environments whose group is not the one that the stack knows. */
  readonly rebuilt: readonly string[];
}

/** @returns undefined where somebody terminated the environment: only a deployment makes it again, so it goes on */
async function presentGroup(
  beanstalk: DeploymentClients["beanstalk"],
  environment: string,
): Promise<string | undefined> {
  try {
    return await groupOf(beanstalk, environment);
  } catch (error) {
    // Elastic Beanstalk has no error name of its own for it.
    if (error instanceof Error && /No Environment found/i.test(error.message)) return undefined;
    throw error;
  }
}

/**
 * @param stack as deployed; undefined for a first deployment
 * @throws the SDK's error
 */
export async function chooseRound(
  { beanstalk }: Pick<DeploymentClients, "beanstalk">,
  stack: DeployedStack | undefined,
): Promise<LookupRound> {
  const { outputs = {} } = stack ?? {};
  const deployed = Number(outputs["LookupRound"] ?? 1);
  const rebuilt: string[] = [];
  for (const tier of ["Web", "Worker"]) {
    const { [`${tier}Environment`]: EnvironmentName, [`${tier}Group`]: known } = outputs;
    if (!EnvironmentName || !known) continue;
    const group = await presentGroup(beanstalk, EnvironmentName);
    if (group !== undefined && group !== known) rebuilt.push(EnvironmentName);
  }
  const round = deployed + (rebuilt.length > 0 ? 1 : 0);
  return { round: round === 1 ? undefined : round, rebuilt };
}
