/** State of a running deployment, for command and console. Read-only; every answer carries its time. */
import type { Backlog, Slice } from "../../shared/activity/estimate.ts";
import { createActivityReader } from "../../shared/activity/reader.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups, type DeadLetterGroup } from "../../shared/dead-letters/groups.ts";
import type { Connection } from "../../terminal/connection.ts";
import { readQueueCounts, totalOf } from "../../shared/aws/queue-counts.ts";
import { toQueueSnapshot, type QueueSnapshot } from "./queue-snapshot.ts";
import { createTierBeanstalkSource } from "./tier-beanstalk.ts";
import { createTierUrlSource } from "./tier-urls.ts";
import type { TierSource, TierState } from "./tier-state.ts";

export interface Inspection {
  readonly queue: QueueSnapshot;
  /** Recent rates of all processes of each tier per second. */
  readonly rates: Pick<Backlog, "acceptedPerSecond" | "storedPerSecond" | "duplicatesPerSecond">;
  readonly tiers: readonly TierState[];
  readonly deadLetterGroups: readonly DeadLetterGroup[];
}

export interface Inspector {
  /**
   * Reads the current state.
   * @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when AWS does not answer or rejects the call
   */
  inspect(signal: AbortSignal): Promise<Inspection>;
  /**
   * @returns the activity of at least the last hour, newest first
   * @throws the SDK's error when DynamoDB does not answer or rejects the call
   */
  lastHour(): Promise<readonly Slice[]>;
}

/**
 * Grouping reads all dead letters, which takes time and money: repeated at most this often, and in at most one
 * twentieth of the time.
 */
const minGroupsAgeMs = 5_000;
const maxReadingShare = 0.05;
const hourMs = 3_600_000;

export function createTierSource({ tiers }: Pick<Connection, "tiers">): TierSource {
  return tiers.kind === "urls" ? createTierUrlSource(tiers) : createTierBeanstalkSource(tiers);
}

/** @param groupsOf gives the groups, for whoever holds all dead letters anyway. Default: the table is read for them */
export function createInspector(
  connection: Connection,
  wallClock = Date.now,
  groupsOf?: () => Promise<readonly DeadLetterGroup[]>,
): Inspector {
  const { sqs, documents, queueUrl, deadLetterQueueUrl, deadLettersTable, activityTable } = connection;
  const readTiers = createTierSource(connection);
  const store = createDeadLetterStore(documents, deadLettersTable);
  const activity = createActivityReader({ documents, table: activityTable, wallClock });
  let groups: readonly DeadLetterGroup[] = [];
  let readGroupsAfter = 0;

  async function readGroups(signal: AbortSignal): Promise<void> {
    if (groupsOf) {
      groups = await groupsOf();
      return;
    }
    const began = performance.now();
    if (began < readGroupsAfter) return;
    const gathered = createDeadLetterGroups();
    await store.scan({}, signal, (records) => {
      for (const record of records) gathered.add(record);
    });
    groups = gathered.groups();
    const tookMs = performance.now() - began;
    readGroupsAfter = performance.now() + Math.max(minGroupsAgeMs, tookMs / maxReadingShare);
  }

  async function readQueue() {
    const queue = await readQueueCounts(sqs, queueUrl);
    // With the count just taken, so that both match.
    const backlog = await activity.estimate(totalOf(queue));
    return { at: wallClock(), queue, backlog };
  }

  return {
    async inspect(signal) {
      const [queue, deadLetterQueue, tiers] = await Promise.all([
        readQueue(),
        readQueueCounts(sqs, deadLetterQueueUrl),
        readTiers(),
        readGroups(signal),
      ]);
      const { acceptedPerSecond, storedPerSecond, duplicatesPerSecond } = queue.backlog;
      return {
        queue: toQueueSnapshot({ ...queue, deadLetterQueue, groups }),
        rates: { acceptedPerSecond, storedPerSecond, duplicatesPerSecond },
        tiers,
        deadLetterGroups: groups,
      };
    },
    lastHour() {
      const since = wallClock() - hourMs;
      return activity.readBack((slices) => (slices.at(-1)?.from ?? Infinity) <= since);
    },
  };
}
