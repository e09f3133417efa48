/**
 * The engines of the local stack: starts those that are embedded, takes the endpoints that replace the others, and creates
 * queues and tables on them.
 */
import type { DataFolder } from "./data-folder.ts";
import { startGuardThread, type GuardThread } from "./dynamodb-guard/guard-thread.ts";
import { findDynamoDbEngine } from "./dynamodb-engine.ts";
import { dynamoDbPlan, sesPlan, sqsPlan, urlOf } from "./process-plans.ts";
import { provisionQueues, provisionTables, type Endpoint, type QueueUrls } from "./provision.ts";
import type { ProcessPlan } from "./supervisor.ts";
import { visibilityTimeoutSeconds } from "./tier-environment.ts";

/** In display order. */
export const engineNames = ["sqs", "dynamodb", "mail"] as const;
export type EngineName = (typeof engineNames)[number];

export interface EnginesOptions {
  readonly region: string;
  /** Default: as the SDK finds them. */
  readonly credentials?: Endpoint["credentials"];
  /** Endpoints that replace engines. */
  readonly outside: Readonly<Partial<Record<EngineName, string>>>;
  readonly data: Pick<DataFolder, "sqsFolder" | "dynamoDbFile">;
  /** Resolves when the process answers. @throws when it does not, or the stack was stopped */
  supervise(name: EngineName, plan: ProcessPlan): Promise<void>;
  readonly isStopping: () => boolean;
  /** Called before the embedded DynamoDB for this platform is installed. */
  installing(packageName: string): void;
}

/** Each start returns the URL at which the engine answers. */
export interface Engines {
  startSqs(port: number): Promise<{ readonly url: string; readonly queues: QueueUrls }>;
  startDynamoDb(port: number): Promise<string>;
  startMail(port: number): Promise<string>;
  /** After the processes were stopped: ends what the engines had in this process. Safe to repeat. */
  close(): Promise<void>;
}

export function createEngines(options: EnginesOptions): Engines {
  const { region, credentials, outside, data, supervise, isStopping, installing } = options;
  let guard: GuardThread | undefined;

  function endpointOf(url: string): Endpoint {
    return { endpoint: url, region, ...(credentials && { credentials }) };
  }

  return {
    async startSqs(port) {
      const url = outside.sqs ?? urlOf(port);
      const provision = () => provisionQueues(endpointOf(url), visibilityTimeoutSeconds);
      if (outside.sqs === undefined) {
        // After each restart: an engine that lost its files gets its queues back.
        const afterReady = async () => void (await provision());
        await supervise("sqs", sqsPlan(port, region, data.sqsFolder, afterReady));
      }
      return { url, queues: await provision() };
    },
    async startDynamoDb(port) {
      const url = outside.dynamodb ?? urlOf(port);
      const provision = () => provisionTables(endpointOf(url));
      if (outside.dynamodb !== undefined) return provision().then(() => url);
      const binary = await findDynamoDbEngine({ onInstall: installing });
      guard = await startGuardThread(port);
      if (isStopping()) await guard.stop();
      await supervise("dynamodb", dynamoDbPlan(guard.engine, binary, data.dynamoDbFile, provision));
      return url;
    },
    async startMail(port) {
      if (outside.mail !== undefined) return outside.mail;
      await supervise("mail", sesPlan(port));
      return urlOf(port);
    },
    async close() {
      await guard?.stop();
    },
  };
}
