/**
 * Finds the deployment a load goes to: the one that was named, the local stack that runs, or one started for this run.
 */
import { connect, type Connection, type ConnectionFlags } from "../../terminal/connection.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { Environment } from "../../shared/process/environment.ts";
import { findLocalPlace } from "../../terminal/local-place.ts";
import { isLoopback } from "./loopback.ts";
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
  const isLocal = flags.url === undefined || isLoopback(flags.url);
  const place = isLocal ? await findLocalPlace(env, flags.url) : undefined;
  const webUrl = flags.url ?? place?.web ?? "";
  const found = await isTurnout(webUrl);
  if (found === true) {
    const connection = await connect({ ...flags, webUrl: isLocal ? flags.url : undefined }, env);
    return { webUrl, workerUrl: place?.worker, connection, own: false, close: async () => connection.close() };
  }
  if (flags.url === undefined && place?.recorded) {
    throw new TurnoutError(
      "TURNOUT_DEPLOYMENT_UNKNOWN",
      `The ${place.name} runs, but its event page does not answer. Read its output, or stop it: a stack for this run is ` +
        "started where none runs.",
    );
  }
  if (flags.url !== undefined) {
    const what = found === undefined ? "Nothing" : "Something other than Turnout";
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      `${what} answers at ${flags.url}. Start it first, or leave out --url.`,
    );
  }
  note("No local stack is running (npm start): starting one for this run, on free ports, which ends with it.");
  const stack = await startStackProcess({ env, signal, onEvent: (line) => note(`stack: ${line}`) });
  try {
    const { web, worker, sqs, dynamodb, mail } = stack.urls;
    note(`Event page ${web}  worker ${worker}  SQS ${sqs}  DynamoDB ${dynamodb}`);
    const portOf = (url: string) => new URL(url).port;
    const ports = {
      WEB_PORT: portOf(web),
      WORKER_PORT: portOf(worker),
      CONSOLE_PORT: "",
      SQS_PORT: portOf(sqs),
      DYNAMODB_PORT: portOf(dynamodb),
      // Nobody sends mail where it is not set: another stack's mails are not this one's.
      MAIL_PORT: mail === undefined ? "1" : portOf(mail),
    };
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
