/** The embedded SQS and DynamoDB for a test file, and a connection to them as the command makes it. */
import type { Test } from "tap";
import { connect, type Connection } from "../../terminal/connection.ts";
import { createLocalStack, type LocalStack } from "../../local/stack.ts";
import type { Environment } from "../../shared/process/environment.ts";

export interface Engines {
  /** The environment of a command that means these engines. */
  readonly env: Environment;
  readonly connection: Connection;
  readonly stack: LocalStack;
}

type TierName = "web" | "worker";

/**
 * @param t the file's own test, whose end stops them
 * @param tiers which tiers run beside them. Default: none.
 * @param environment further variables for the tiers
 */
export async function startEngines(t: Test, tiers: readonly TierName[] = [], environment: Environment = {}) {
  const stack = createLocalStack({ tiers, environment, periodicTasks: false });
  t.teardown(() => stack.stop());
  const { sqs, dynamodb, web, worker } = await stack.start();
  const portOf = (url = "http://127.0.0.1:1") => new URL(url).port;
  // By the ports alone, as for somebody who runs npm start in another terminal. Nobody listens where a tier is not started,
  // whatever else runs on this machine.
  const env = {
    SQS_PORT: portOf(sqs),
    DYNAMODB_PORT: portOf(dynamodb),
    WEB_PORT: portOf(web),
    WORKER_PORT: portOf(worker),
  };
  const connection = await connect({ local: true }, env);
  t.teardown(() => connection.close());
  return { env, connection, stack } satisfies Engines;
}
