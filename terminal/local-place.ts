/**
 * Decides which local stack a command means: one that `npm start` recorded, on whatever ports, or one at the ports that the
 * environment or the defaults name. Never guesses between two.
 */
import { readEnv, type Environment } from "../shared/process/environment.ts";
import { readStackRecords, runFolder, type StackRecord } from "../shared/process/stack-record.ts";
import { TurnoutError } from "../shared/errors.ts";
import { defaultPorts, localStack, LocalStackConfig, localUrl } from "./local-stack.ts";

/** Where the parts of a local stack are. */
export interface LocalPlace {
  readonly web: string;
  readonly worker: string;
  readonly sqs: string;
  readonly dynamodb: string;
  /** Undefined where no mail is sent. */
  readonly mail: string | undefined;
  readonly region: string;
  /** Undefined: those of the environment. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** For people: which stack this is. */
  readonly name: string;
  /** Whether a running stack recorded it; otherwise only its ports are known. */
  readonly recorded: boolean;
  /** Whether the environment named its ports. */
  readonly portsGiven: boolean;
  /** For people: records that were not believed. */
  readonly ignored: readonly string[];
}

const probeTimeoutMs = 2_000;
const portOf = (url: string) => Number(new URL(url).port);

/** The process of a record may be another one by now, with the number of the one that was killed. */
async function answers({ urls }: StackRecord): Promise<boolean> {
  try {
    const answer = await fetch(urls.sqs, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await answer.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

const startOf = ({ startedAt }: StackRecord) => `${startedAt.slice(0, 16).replace("T", " ")} UTC`;

function describe(record: StackRecord): string {
  return `${record.urls.web} (process ${record.pid}, started ${startOf(record)})`;
}

function ambiguous(records: readonly StackRecord[]): TurnoutError {
  const ports = records.map(({ urls }) => portOf(urls.web));
  return new TurnoutError(
    "TURNOUT_DEPLOYMENT_UNKNOWN",
    `${records.length} local stacks run on this machine:\n${records.map((record) => `  ${describe(record)}\n`).join("")}` +
      `Say which one is meant by the port of its event page, such as: WEB_PORT=${ports.at(-1)} npm run turnout -- …`,
  );
}

/**
 * @param env ports that are set, and not 0, narrow the choice: `WEB_PORT` alone is enough
 * @param webUrl of the stack that is meant, if a command was given it
 * @returns the only running stack that fits, or the place where one would be by the ports
 * @throws TURNOUT_DEPLOYMENT_UNKNOWN where several fit, naming them; TURNOUT_ENVIRONMENT_INVALID
 */
export async function findLocalPlace(env: Environment, webUrl?: string): Promise<LocalPlace> {
  const config = readEnv(LocalStackConfig, env);
  const given = Object.entries(config).filter(([, port]) => port > 0) as [keyof typeof defaultPorts, number][];
  const { running, ignored } = readStackRecords(runFolder(env));
  const fitting = running.filter(({ urls }) => {
    const ports = {
      WEB_PORT: urls.web,
      WORKER_PORT: urls.worker,
      CONSOLE_PORT: urls.console,
      SQS_PORT: urls.sqs,
      DYNAMODB_PORT: urls.dynamodb,
      MAIL_PORT: urls.mail,
    };
    if (webUrl !== undefined) return portOf(urls.web) === portOf(webUrl);
    return given.every(([name, port]) => ports[name] !== undefined && portOf(ports[name]) === port);
  });
  const found = await Promise.all(fitting.map(async (record) => ((await answers(record)) ? [record] : [])));
  const [record, ...others] = found.flat();
  if (record !== undefined && others.length > 0) throw ambiguous([record, ...others]);
  const portsGiven = webUrl !== undefined || given.length > 0;
  const { region, credentials } = localStack;
  if (record !== undefined) {
    return {
      ...record.urls,
      mail: record.urls.mail,
      region: record.region,
      credentials: record.ownCredentials ? undefined : credentials,
      name: `local stack ${describe(record)}`,
      recorded: true,
      portsGiven,
      ignored,
    };
  }
  const urlAt = (name: keyof typeof defaultPorts) => localUrl(config[name] || defaultPorts[name]);
  const sqs = urlAt("SQS_PORT");
  return {
    web: webUrl ?? urlAt("WEB_PORT"),
    worker: urlAt("WORKER_PORT"),
    sqs,
    dynamodb: urlAt("DYNAMODB_PORT"),
    mail: urlAt("MAIL_PORT"),
    region,
    credentials,
    name: `local stack, SQS on port ${portOf(sqs)}`,
    recorded: false,
    portsGiven,
    ignored,
  };
}
