/**
 * Deploys by CDK's own command, as a process, and follows by CloudFormation's events: what a person wants to see of it is
 * told there in a form that does not change with CDK's version.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { readStack, type DeployedStack } from "../stack/deployed-stack.ts";
import { followStack } from "../stack/stack-events.ts";
import { titlesOf } from "../stack/template.ts";
import { createStackProgress, type StackProgress } from "../stack/stack-progress.ts";
import type { AssembledStack } from "./assembly.ts";
import type { CdkEnd } from "./cdk.ts";

export interface DeploymentRun {
  /** Each with the CloudFormation of its region. */
  readonly stacks: readonly { readonly assembled: AssembledStack; readonly client: CloudFormationClient }[];
  /** Starts CDK's command and waits for its end. */
  readonly deploy: () => Promise<CdkEnd>;
  readonly note: (line: string) => void;
  /** Milliseconds between two looks at the events. */
  readonly pollMs: number;
}

export interface FailedResource {
  readonly stack: string;
  /** As people know it. */
  readonly resource: string;
  readonly type: string;
  readonly reason: string;
}

export interface DeploymentResult {
  readonly end: CdkEnd;
  /** What failed first; undefined where nothing did, or nothing in CloudFormation. */
  readonly failure: FailedResource | undefined;
  /** Whether CloudFormation did anything at all. */
  readonly changed: boolean;
  readonly deployed: ReadonlyMap<string, DeployedStack>;
}

/** @throws the SDK's error when CloudFormation cannot be asked before or after; what fails in between only costs lines */
export async function runDeployment({ stacks, deploy, note, pollMs }: DeploymentRun): Promise<DeploymentResult> {
  const followed = await Promise.all(
    stacks.map(async ({ assembled, client }) => {
      const before = await readStack(client, assembled.name);
      const progress: StackProgress = createStackProgress({
        titles: titlesOf(assembled.template),
        total: before === undefined ? Object.keys(assembled.template.Resources).length : undefined,
        note,
        now: Date.now,
      });
      return { assembled, client, progress, follower: await followStack(client, assembled.name) };
    }),
  );
  let changed = false;
  let following = true;

  async function look(): Promise<void> {
    if (!following) return;
    try {
      for (const { follower, progress } of followed) {
        const events = await follower.poll();
        changed ||= events.length > 0;
        progress.show(events);
      }
    } catch (error) {
      following = false;
      note(
        `The events cannot be read (${error instanceof Error ? error.message : String(error)}). It goes on all the same.`,
      );
    }
  }

  const ended = new AbortController();
  const running = deploy().finally(() => ended.abort());
  // Whatever it fails with is told below, where it is awaited.
  running.catch(() => {});
  while (!ended.signal.aborted) {
    await delay(pollMs, undefined, { signal: ended.signal }).catch(() => {});
    await look();
  }
  const end = await running;
  // It may have ended while the last look was under way.
  await look();
  const deployed = new Map<string, DeployedStack>();
  let failure: FailedResource | undefined;
  for (const { assembled, client, progress } of followed) {
    const stack = await readStack(client, assembled.name);
    if (stack !== undefined) deployed.set(assembled.name, stack);
    const first = progress.firstFailure();
    if (first === undefined) continue;
    failure ??= {
      stack: assembled.name,
      resource: first.ofStack ? assembled.name : progress.title(first.logicalId),
      type: first.type,
      reason: first.reason,
    };
  }
  return { end, failure, changed, deployed };
}
