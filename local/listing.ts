/** Lists a running stack in the run folder, so that commands find it on whatever ports. */
import type { Environment } from "../shared/process/environment.ts";
import { readStackRecords, runFolder, writeStackRecord } from "../shared/process/stack-record.ts";
import type { LocalStack, StackUrls } from "./stack.ts";

export interface Listing {
  /** For people: what commands do not do by themselves. */
  readonly hints: readonly string[];
  /** Safe to repeat, never throws. */
  unlist(): void;
}

const none = () => {};
/** The console's has its token. */
const withoutQuery = (url: string) => new URL(url).origin;

/**
 * @param stack one that runs, with both tiers
 * @param env of the process that runs it
 * @param pid of that process
 * @returns what to do at the end; a folder that cannot be written is a hint, never an error
 */
export function listStack(
  stack: Pick<LocalStack, "urls" | "environment" | "usesOwnCredentials">,
  env: Environment,
  pid: number,
): Listing {
  const { web, worker, sqs, dynamodb, console: consoleUrl, mail }: StackUrls = stack.urls;
  const {
    AWS_REGION: region = "",
    AWS_ENDPOINT_URL_SQS: sqsUrl = "",
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl = "",
  } = stack.environment;
  if (web === undefined || worker === undefined) return { hints: [], unlist: none };
  const choose = `Commands need its port: WEB_PORT=${new URL(web).port} npm run turnout -- …`;
  try {
    const folder = runFolder(env);
    const unlist = writeStackRecord(folder, {
      format: 1,
      pid,
      startedAt: new Date().toISOString(),
      region,
      ownCredentials: stack.usesOwnCredentials,
      urls: {
        web,
        worker,
        sqs: sqs ?? sqsUrl,
        dynamodb: dynamodb ?? dynamoDbUrl,
        ...(consoleUrl !== undefined && { console: withoutQuery(consoleUrl) }),
        ...(mail !== undefined && { mail }),
      },
    });
    const { running, ignored } = readStackRecords(folder);
    const others = running.filter((record) => record.pid !== pid);
    const hints = others.length > 0 ? [`Another local stack runs at ${others[0]?.urls.web}. ${choose}`] : [];
    return { hints: [...ignored, ...hints], unlist };
  } catch (error) {
    return { hints: [`Not listed for commands (${(error as Error).message}). ${choose}`], unlist: none };
  }
}
