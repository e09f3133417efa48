/**
 * Finds the deployment a load goes to: the one that was named, the local stack that runs, or one started for this run.
 */
import { connect, type Connection, type ConnectionFlags } from "../../terminal/connection.ts";
import { TurnoutError } from "../../shared/errors.ts";
import { readEnv, type Environment } from "../../shared/process/environment.ts";
import { LocalStackConfig, localUrl } from "../../terminal/local-stack.ts";
import { startStackProcess } from "./stack-process.ts";

export interface Deployment {
  readonly webUrl: string;
  /** Undefined if it cannot be reached from here, as on AWS. */
  readonly workerUrl: string | undefined;
  readonly connection: Connection;
  /** Whether it was started for this run, so that nobody else uses it. */
  readonly own: boolean;
  /** Ends what was started. Safe to call twice. */
  close(): Promise<void>;
}

export interface DeploymentOptions {
  readonly flags: ConnectionFlags & { readonly url?: string };
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Shows a line to the user. */
  note(text: string): void;
}

const probeTimeoutMs = 3_000;

/** @returns whether a web tier of Turnout answers, undefined when nothing does */
async function isTurnout(url: string): Promise<boolean | undefined> {
  try {
    const response = await fetch(new URL("/openapi.json", url), { signal: AbortSignal.timeout(probeTimeoutMs) });
    const { info } = (await response.json().catch(() => ({}))) as { info?: { title?: unknown } };
    return typeof info?.title === "string" && info.title.startsWith("Turnout");
  } catch {
    return undefined;
  }
}

/**
 * @throws TURNOUT_USAGE_INVALID when nothing, or something else, answers at the URL that was given; TURNOUT_DEPLOYMENT_UNKNOWN;
 *   Error when the stack for this run does not start
 */
export async function findDeployment({ flags, env, signal, note }: DeploymentOptions): Promise<Deployment> {
  const config = readEnv(LocalStackConfig, env);
  const webUrl = flags.url ?? localUrl(config.WEB_PORT);
  const found = await isTurnout(webUrl);
  if (found === true) {
    const connection = await connect(flags, env);
    const isLocal = new URL(webUrl).hostname === new URL(localUrl(0)).hostname;
    const workerUrl = isLocal ? localUrl(config.WORKER_PORT) : undefined;
    return { webUrl, workerUrl, connection, own: false, close: async () => connection.close() };
  }
  if (flags.url !== undefined) {
    const what = found === undefined ? "Nothing" : "Something other than Turnout";
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      `${what} answers at ${flags.url}. Start it first, or leave out --url.`,
    );
  }
  note("No local stack is running: starting one for this run, on free ports.");
  const stack = await startStackProcess({ env, signal, onEvent: (line) => note(`stack: ${line}`) });
  try {
    const { web, worker, sqs, dynamodb } = stack.urls;
    note(`Event page ${web}  worker ${worker}  SQS ${sqs}  DynamoDB ${dynamodb}`);
    const ports = { SQS_PORT: new URL(sqs).port, DYNAMODB_PORT: new URL(dynamodb).port };
    const connection = await connect({ local: true }, { ...env, ...ports });
    return {
      webUrl: web,
      workerUrl: worker,
      connection,
      own: true,
      async close() {
        connection.close();
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
