/**
 * Deletes one stack and waits until a deadline. Retries a deletion that dependencies block: CloudFront and Elastic Beanstalk
 * release a network minutes after they are deleted themselves.
 */
import { setTimeout as delay } from "node:timers/promises";
import { DeleteStackCommand, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { plain } from "../../shared/process/terminal-text.ts";
import { readStack, type DeployedStack } from "../stack/deployed-stack.ts";
import { followStack, unresolvedFailures, type StackEvent } from "../stack/stack-events.ts";

export interface RemovalOptions {
  readonly client: CloudFormationClient;
  readonly stack: DeployedStack;
  /** Names of resources as in the source, by logical id. */
  readonly titles: ReadonlyMap<string, string>;
  /** Told of each event of a resource. */
  readonly note: (line: string) => void;
  /** Called before a retry, to remove what blocks the deletion. */
  readonly clearWay: () => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

export interface RemovalResult {
  /** `late`: the deadline has passed; CloudFormation goes on. */
  readonly end: "removed" | "failed" | "late";
  readonly failures: readonly StackEvent[];
}

const maxTries = 3;
/** Polls after which the status can no longer be the one from before the deletion. */
const pollsForNewStatus = 3;
const heldBack = /depend|in use|mapped public address|currently associated|timed? ?out|did not stabilize/i;

/**
 * Safe to call again for a stack that is being deleted or is half deleted.
 * @throws the SDK's error where CloudFormation rejects the deletion; the signal's reason, and the deletion then goes on
 */
export async function removeStack(options: RemovalOptions): Promise<RemovalResult> {
  const { client, stack, titles, note, clearWay, deadline, pollMs, signal } = options;
  const follower = await followStack(client, stack.id);
  const events: StackEvent[] = [];
  let { status } = stack;

  async function poll(): Promise<void> {
    try {
      const found = await readStack(client, stack.id);
      // After the status, so that all events that led to it are read.
      const news = await follower.poll();
      status = found?.status ?? "DELETE_COMPLETE";
      events.push(...news);
      for (const { at, status: result, logicalId, type, reason, ofStack } of news) {
        if (ofStack) continue;
        const why = reason === "" ? "" : `: ${plain(reason)}`;
        note(`${at.slice(11, 19)}  ${result.padEnd(18)}  ${titles.get(logicalId) ?? logicalId} (${type})${why}`);
      }
    } catch (error) {
      if (!["throttled", "unreachable"].includes(kindOf(error))) throw error;
    }
  }

  for (let attempt = 1; attempt <= maxTries; attempt += 1) {
    if (status !== "DELETE_IN_PROGRESS") await client.send(new DeleteStackCommand({ StackName: stack.id }));
    let begun = false;
    for (let polls = 0; ; polls += 1) {
      if (Date.now() > deadline) return { end: "late", failures: unresolvedFailures(events) };
      await delay(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      await poll();
      if (status === "DELETE_COMPLETE") return { end: "removed", failures: [] };
      begun ||= status === "DELETE_IN_PROGRESS";
      if (status !== "DELETE_IN_PROGRESS" && (begun || polls >= pollsForNewStatus)) break;
    }
    if (attempt === maxTries || !unresolvedFailures(events).some(({ reason }) => heldBack.test(reason))) break;
    await clearWay();
  }
  return { end: "failed", failures: unresolvedFailures(events) };
}
