/** The fixed equipment of a run, the fake AWS and the load generator, and how a process under test is started among it. */
import type { AwsCounts, Latencies } from "./fake-aws/main.ts";
import type { Supply } from "./fake-aws/queue.ts";
import { startChild, type Child } from "./equipment/child.ts";
import { createPinning } from "./equipment/pinning.ts";
import { startNginx, type Nginx } from "./equipment/nginx.ts";
import type { Usage } from "./equipment/usage-reporter.ts";
import type { ArrivalsResult } from "./load/arrivals.ts";
import type { PostArrivals, SendMessageArrivals } from "./load/main.ts";
import type { SaturationOrder, SaturationResult } from "./load/saturation.ts";

export interface StartOptions {
  readonly name: string;
  /** Path from the repository's root. */
  readonly script: string;
  readonly nodeFlags?: readonly string[];
  /** Beyond what every process under test is given. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Subject {
  /** Where it listens, once it does. Never settles for one that does not. */
  url(): Promise<string>;
  usage(): Promise<Usage>;
  /** Ends it: at once, or gracefully when its profile has to be written. */
  stop(): Promise<void>;
}

export interface Laboratory {
  readonly pinning: string;
  readonly queueUrl: string;
  /** Variables that switch mails on. */
  readonly mailVariables: Readonly<Record<string, string>>;
  start(options: StartOptions): Subject;
  /** Puts an nginx in front of a process under test, on its processor. */
  putNginxBefore(url: string): Promise<Nginx>;
  aws: {
    counts(): Promise<AwsCounts>;
    supply(supply: Supply): Promise<void>;
    latencies(latencies: Latencies): Promise<void>;
    clear(): Promise<void>;
  };
  load: {
    saturate(order: SaturationOrder): Promise<SaturationResult>;
    post(order: PostArrivals): Promise<ArrivalsResult>;
    sendMessages(order: Omit<SendMessageArrivals, "queueUrl">): Promise<ArrivalsResult>;
  };
  /** Ends everything that was started. */
  close(): Promise<void>;
}

export interface LaboratoryOptions {
  /** Folder for CPU profiles of the processes under test. Default: none are taken. */
  readonly profileFolder?: string | undefined;
}

/** Clients that keep one process busy, each with its next request as soon as it has an answer. */
export const saturatingConnections = 400;

export const usualLatencies: Latencies = { sendMs: 10, otherMs: 5 };

const root = new URL("..", import.meta.url).pathname;
const region = "eu-central-1";

/** As in production, with credentials that nobody checks and endpoints on this machine. */
function surroundings(awsUrl: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_SQS: awsUrl,
    AWS_ENDPOINT_URL_DYNAMODB: awsUrl,
    QUEUE_URL: `${awsUrl}/000000000000/registrations`,
    DEAD_LETTER_QUEUE_URL: `${awsUrl}/000000000000/registrations-dead-letters`,
    REGISTRATIONS_TABLE: "registrations",
    DEAD_LETTERS_TABLE: "dead-letters",
    OUTCOMES_TABLE: "outcomes",
    ACTIVITY_TABLE: "activity",
    CONTROLS_TABLE: "controls",
    RECEIPT_KEYS: `bench:${Buffer.alloc(32, "bench").toString("base64")}`,
    EVENT_FILE: `${root}bench/event.json`,
    HOST: "127.0.0.1",
    PORT: "0",
    AWS_ENDPOINT_URL_SESV2: awsUrl,
    // All load comes from one address: the limiter counts as in production, its limit is the highest that there is.
    RATE_LIMIT_PER_MINUTE: "1000000",
  };
}

function mailVariablesOf(awsUrl: string): Record<string, string> {
  return {
    MAIL_FROM: "Summit <tickets@example.org>",
    MAIL_QUEUE_URL: `${awsUrl}/000000000000/mails`,
    MAILS_TABLE: "mails",
    PUBLIC_URL: "https://summit.example.org",
    // The cost of a mail is measured, not the pace of an account.
    MAILS_PER_SECOND: "10000",
  };
}

/** @throws Error when the equipment does not start */
export async function openLaboratory({ profileFolder }: LaboratoryOptions): Promise<Laboratory> {
  const pinning = createPinning();
  const aws = startChild({
    name: "fake AWS",
    role: "aws",
    script: `${root}bench/fake-aws/main.ts`,
    env: {},
    pinning,
  });
  const running = new Set<Child>([aws]);
  const proxies = new Set<Nginx>();
  const awsUrl = await aws.ask<string>("url");
  const env = surroundings(awsUrl);
  const queueUrl = env.QUEUE_URL ?? "";
  const load = startChild({ name: "load generator", role: "load", script: `${root}bench/load/main.ts`, env, pinning });
  running.add(load);
  await aws.ask("latencies", usualLatencies);

  return {
    pinning: pinning.description,
    queueUrl,
    mailVariables: mailVariablesOf(awsUrl),
    start({ name, script, nodeFlags = [], env: more }) {
      const profiling = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
      const child = startChild({
        name,
        role: "subject",
        script: root + script,
        nodeFlags: [...nodeFlags, ...profiling, "--import", `${root}bench/equipment/usage-reporter.ts`],
        env: { ...env, ...more },
        pinning,
      });
      running.add(child);
      return {
        url: () => child.ask<string>("url"),
        usage: () => child.ask<Usage>("usage"),
        async stop() {
          await (profileFolder === undefined ? child.kill() : child.stop());
          running.delete(child);
        },
      };
    },
    async putNginxBefore(url) {
      const nginx = await startNginx(url, pinning);
      proxies.add(nginx);
      return nginx;
    },
    aws: {
      counts: () => aws.ask<AwsCounts>("counts"),
      supply: (supply) => aws.ask("supply", supply),
      latencies: (latencies) => aws.ask("latencies", latencies),
      clear: () => aws.ask("clear"),
    },
    load: {
      saturate: (order) => load.ask("saturate", order),
      post: (order) => load.ask("post arrivals", order),
      sendMessages: (order) => load.ask("send-message arrivals", { ...order, queueUrl }),
    },
    async close() {
      await Promise.all([...[...running].map((child) => child.kill()), ...[...proxies].map((nginx) => nginx.stop())]);
    },
  };
}
