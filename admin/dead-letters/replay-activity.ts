/**
 * Connects a replay to the activity table: records its packs, so that the people in them are counted, and reads whether
 * workers drain, which decides how long to wait for results.
 */
import { randomBytes } from "node:crypto";
import { createActivityRecorder } from "../../shared/activity/recorder.ts";
import { createActivityReader } from "../../shared/activity/reader.ts";
import type { ReplayOptions } from "../../shared/dead-letters/replay.ts";
import type { ReplaySenderOptions } from "../../shared/dead-letters/replay-sender.ts";
import type { Connection } from "../../terminal/connection.ts";
import { countMessages } from "../../shared/aws/queue-counts.ts";

export interface ReplayActivity {
  readonly onPack: Required<ReplaySenderOptions>["onPack"];
  readonly draining: Required<ReplayOptions>["draining"];
}

/**
 * @param note called when recording fails; the replay continues
 * @param work performs the replay with these
 * @returns the work's result, after the last packs were recorded or failed to be
 */
export async function withReplayActivity<Result>(
  { sqs, queueUrl, documents, activityTable }: Pick<Connection, "sqs" | "queueUrl" | "documents" | "activityTable">,
  note: (text: string) => void,
  work: (activity: ReplayActivity) => Promise<Result>,
): Promise<Result> {
  let replayed = 0;
  let packsSent = 0;
  const recorder = createActivityRecorder({
    documents,
    table: activityTable,
    processId: randomBytes(6).toString("base64url"),
    read: () => ({ replayed, packsSent }),
    logger: { warn: () => note("What is replayed cannot be written to the activity table."), info: () => {} },
    construct: "Data/Activity",
    wallClock: Date.now,
    random: Math.random,
  });
  const { estimate } = createActivityReader({ documents, table: activityTable, wallClock: Date.now });
  await recorder.start();
  try {
    return await work({
      onPack(registrations) {
        replayed += registrations;
        packsSent += 1;
      },
      async draining() {
        return (await estimate(await countMessages(sqs, queueUrl))).etaSeconds;
      },
    });
  } finally {
    await recorder.stop();
  }
}
