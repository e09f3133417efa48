/**
 * Removes one stack and waits for its end, within a bound. A removal that stops because something still holds on to a part
 * of it is tried again: CloudFront and Elastic Beanstalk let go of a network minutes after they are gone themselves.
 */
import { setTimeout as delay } from "node:timers/promises";
import { DeleteStackCommand, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { readStack, type DeployedStack } from "../stack/deployed-stack.ts";
import { followStack, type StackEvent } from "../stack/stack-events.ts";
import type { StackProgress } from "../stack/stack-progress.ts";

export interface RemovalOptions {
  readonly client: CloudFormationClient;
  readonly stack: DeployedStack;
  readonly progress: StackProgress;
  /** Called before another try, to take out of the way what holds on. */
  readonly clearWay: () => Promise<void>;
  /** Milliseconds of the wall clock after which nobody waits any more. */
  readonly deadline: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

export interface RemovalResult {
  /** `late`: it goes on by itself, but nobody waited for its end. */
  readonly end: "removed" | "failed" | "late";
  /** What could not be removed, each with its reason. */
  readonly failures: readonly StackEvent[];
}

const maxTries = 3;
/** Looks after which a status from before the removal can no longer be one. */
const patienceInLooks = 3;
const heldBack = /depend|in use|mapped public address|currently associated|timed? ?out|did not stabilize/i;

/**
 * Safe to call again for a stack whose removal is under way or has failed half-way: it goes on where that stopped.
 * @throws the SDK's error where CloudFormation refuses; the signal's reason when it is aborted, and the removal then goes
 *   on by itself
 */
export async function removeStack(options: RemovalOptions): Promise<RemovalResult> {
  const { client, stack, progress, clearWay, deadline, pollMs, signal } = options;
  const follower = await followStack(client, stack.id);
  let { status } = stack;

  async function look(): Promise<void> {
    try {
      status = (await readStack(client, stack.id))?.status ?? "DELETE_COMPLETE";
    } catch (error) {
      if (!["throttled", "unreachable"].includes(kindOf(error))) throw error;
    }
    // After the status: of one that has ended, everything that led to it is known.
    progress.show(await follower.poll());
  }

  for (let attempt = 1; attempt <= maxTries; attempt += 1) {
    if (status !== "DELETE_IN_PROGRESS") await client.send(new DeleteStackCommand({ StackName: stack.id }));
    let begun = false;
    for (let looks = 0; ; looks += 1) {
      if (Date.now() > deadline) return { end: "late", failures: progress.failures() };
      await delay(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      await look();
      if (status === "DELETE_COMPLETE") return { end: "removed", failures: [] };
      begun ||= status === "DELETE_IN_PROGRESS";
      if (status !== "DELETE_IN_PROGRESS" && (begun || looks >= patienceInLooks)) break;
    }
    if (attempt === maxTries || !progress.failures().some(({ reason }) => heldBack.test(reason))) break;
    await clearWay();
  }
  return { end: "failed", failures: progress.failures() };
}
