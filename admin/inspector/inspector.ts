/**
 * What is known about a running deployment, for whoever shows it: the command and the console both sit on this. It only
 * looks; every answer carries the time at which it was true.
 */
import { createDeadLetterStore } from "../dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups, type DeadLetterGroup } from "../../shared/dead-letters/groups.ts";
import type { Connection } from "../connection.ts";
import { readQueueCounts } from "../queue-counts.ts";
import { paceOf, type QueueLook, type QueueSnapshot } from "./queue-snapshot.ts";
import { createTierCloudWatchSource } from "./tier-cloudwatch.ts";
import { createTierUrlSource } from "./tier-urls.ts";
import type { TierReport, TierSource } from "./tier-figures.ts";

export interface Inspection {
  readonly queue: QueueSnapshot;
  readonly tiers: TierReport;
  readonly deadLetterGroups: readonly DeadLetterGroup[];
}

export interface Inspector {
  /**
   * Looks once. Rates and drain are those since the look before, so the first one has none.
   * @throws TURNOUT_INTERRUPTED, by the signal; the SDK's error when AWS does not answer or refuses
   */
  look(signal: AbortSignal): Promise<Inspection>;
}

/**
 * Reading all dead letters takes long where there are many, and costs: the groups are read again no sooner than this, and
 * no more often than one twentieth of the time goes into it.
 */
const minGroupsAgeMs = 5_000;
const maxReadingShare = 0.05;

export function createTierSource({ tiers, queueUrl }: Pick<Connection, "tiers" | "queueUrl">): TierSource {
  return tiers.kind === "urls" ? createTierUrlSource(tiers) : createTierCloudWatchSource({ ...tiers, queueUrl });
}

export function createInspector(connection: Connection): Inspector {
  const { sqs, documents, queueUrl, deadLetterQueueUrl, deadLettersTable } = connection;
  const readTiers = createTierSource(connection);
  const store = createDeadLetterStore(documents, deadLettersTable);
  let before: QueueLook | undefined;
  let groups: readonly DeadLetterGroup[] = [];
  let readGroupsAfter = 0;

  async function readGroups(signal: AbortSignal): Promise<void> {
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

  return {
    async look(signal) {
      const [queue, deadLetterQueue, tiers] = await Promise.all([
        readQueueCounts(sqs, queueUrl),
        readQueueCounts(sqs, deadLetterQueueUrl),
        readTiers(),
        readGroups(signal),
      ]);
      const { meanPackSize, oldestAgeSeconds } = tiers.figures;
      const look: QueueLook = { at: Date.now(), queue, meanPackSize };
      const pace = paceOf(look, before);
      before = look;
      const empty = queue.waiting + queue.inFlight + queue.delayed === 0;
      const open = groups.filter(({ states }) => states.open > 0);
      return {
        queue: {
          messages: queue.waiting,
          registrationsEstimate: Math.round(queue.waiting * (meanPackSize ?? 1)),
          inFlight: queue.inFlight,
          delayed: queue.delayed,
          oldestAgeSeconds: empty ? 0 : oldestAgeSeconds,
          ...pace,
          deadLetters: {
            open: open.reduce((total, { states }) => total + states.open, 0),
            byReason: Object.fromEntries(open.map(({ reason, states }) => [reason, states.open])),
            notCollected: deadLetterQueue.waiting + deadLetterQueue.inFlight,
          },
          at: new Date(look.at).toISOString(),
        },
        tiers,
        deadLetterGroups: groups,
      };
    },
  };
}
