/** Writes the packs that a replay sends into the activity table, as the tiers do with theirs: else nobody could tell how many people wait in them. */
import { randomBytes } from "node:crypto";
import { createActivityRecorder } from "../../shared/activity/recorder.ts";
import type { Connection } from "../connection.ts";

/**
 * @param note told in words when it cannot be written; the replay goes on all the same
 * @param work does the replay, and tells of each pack how many registrations are in it
 * @returns what the work returns, once the last packs are written or could not be
 */
export async function withReplayActivity<Result>(
  { documents, activityTable }: Pick<Connection, "documents" | "activityTable">,
  note: (text: string) => void,
  work: (onPack: (registrations: number) => void) => Promise<Result>,
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
  await recorder.start();
  try {
    return await work((registrations) => {
      replayed += registrations;
      packsSent += 1;
    });
  } finally {
    await recorder.stop();
  }
}
