/** One thing that outlived its stack, and how things are known to be of a stack. */
import type { DeploymentClients } from "./clients.ts";
import type { Traces } from "./traces.ts";

export interface Leftover {
  readonly kind: string;
  readonly name: string;
  readonly detail: string;
  /** `kept` by intent; `shared` by all of the account and region, which counts for nothing. */
  readonly state: "left" | "kept" | "shared";
  /** Removes it for good; only where it can be nothing but ours. */
  readonly remove?: () => Promise<unknown>;
}

export interface LookContext {
  readonly clients: DeploymentClients;
  readonly stack: string;
  readonly account: string;
  readonly traces: Traces;
}

/** What CloudFormation names begins with the stack's name, and so does what a neighbour's stack is called. */
export function isOurs(name: string, { stack, traces }: LookContext): boolean {
  return name.startsWith(`${stack}-`) && !traces.neighbours.some((other) => name.startsWith(`${other}-`));
}

/** Elastic Beanstalk names what it makes after the environment's id. */
export function isOfEnvironment(name: string, { traces }: LookContext): boolean {
  return traces.environmentIds.some((id) => name.includes(`awseb-${id}`));
}
