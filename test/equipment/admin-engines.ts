/** The embedded SQS and DynamoDB for a test file, and a connection to them as the command makes it. */
import type { Test } from "tap";
import { connect, type Connection } from "../../terminal/connection.ts";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import type { Environment } from "../../shared/process/environment.ts";
import { commandEnvironment } from "./command-environment.ts";
import { emptySharedStack } from "./shared-stack.ts";

export interface Engines {
  /** The environment of a command that means these engines. */
  readonly env: Environment;
  readonly connection: Connection;
  readonly stack: LocalStack;
}

type TierName = "web" | "worker";

async function startTiers(t: Test, tiers: readonly TierName[], environment: Environment): Promise<LocalStack> {
  const stack = createLocalStack({ tiers, environment, periodicTasks: false });
  t.teardown(() => stack.stop());
  await stack.start();
  return stack;
}

/**
 * @param t whose end closes the connection, and stops the engines if tiers run beside them
 * @param tiers which tiers run beside them. Default: none; the engines are then those that the files of a process share,
 *   emptied, and must not be killed.
 * @param environment further variables for the tiers
 */
export async function startEngines(t: Test, tiers: readonly TierName[] = [], environment: Environment = {}) {
  const stack = await (tiers.length > 0 ? startTiers(t, tiers, environment) : emptySharedStack());
  const env = commandEnvironment(stack);
  const connection = await connect({ local: true }, env);
  t.teardown(() => connection.close());
  return { env, connection, stack } satisfies Engines;
}
