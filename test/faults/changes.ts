/**
 * What people of the crowd change after they have registered: some correct once, some several times with the receipt of
 * each reply, some at several windows at once with the same receipt, some through a link from a mail; some withdraw, and
 * some of these register again. Every attempt goes into the ledger, with its time, which only the keys can tell.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Ledger } from "../../admin/audit/ledger.ts";
import { changeLineOf } from "../../load/run/ledger-line.ts";
import { outcomeOf, type Reply, type SubmittedContent } from "../../load/run/registration-client.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { ReceiptContent, Receipts } from "../../shared/registration/receipts.ts";
import type { InstancesClient } from "./instances-client.ts";
import type { Random } from "./random.ts";

export interface ChangesOptions {
  readonly client: InstancesClient;
  /** URLs of the web instances; each request goes to any of them. */
  readonly webUrls: readonly string[];
  /** With the keys of the web tier. */
  readonly receipts: Receipts;
  readonly event: EventDefinition;
  readonly random: Random;
  readonly ledger: Ledger;
  /** @returns what somebody could have filled in */
  readonly content: () => SubmittedContent;
  readonly maxAttempts: number;
  readonly shares?: ChangeShares | undefined;
}

/** Which share of those who were accepted does what. */
export interface ChangeShares {
  readonly correct: number;
  readonly withdraw: number;
}

export interface ChangeFigures {
  readonly corrections: number;
  readonly withdrawals: number;
  /** Accepted changes whose time is not later than what their sender had seen: must be 0, whatever the clocks. */
  readonly notLater: number;
}

export const noChanges: ChangeFigures = { corrections: 0, withdrawals: 0, notLater: 0 };

export interface Changes {
  figures(): ChangeFigures;
  /**
   * Changes a registration, or not, as its person likes.
   * @param statusUrl of the accepted registration
   * @returns whether it was withdrawn, and the person registers again
   */
  visit(statusUrl: string): Promise<boolean>;
}

type Way = "once" | "several" | "at once" | "by mail";

const usualShares: ChangeShares = { correct: 0.25, withdraw: 0.05 };
const ways: readonly Way[] = ["once", "once", "several", "at once", "by mail"];
const windows = 3;
const longestPauseMs = 1_500;
const registersAgainChance = 0.5;
/** Of those who changed by mail: they withdraw with the receipt of the page, which does not count any more. */
const tooLateChance = 0.2;

export function createChanges(options: ChangesOptions): Changes {
  const { client, webUrls, receipts, event, random, ledger, content, maxAttempts } = options;
  const { shares = usualShares } = options;
  const counts = { ...noChanges };
  const pause = () => delay(random.between(0, longestPauseMs));

  function opened(receipt: string): ReceiptContent {
    const found = receipts.open(receipt);
    if (found === undefined) throw new Error("The web tier has given a receipt that its keys do not open.");
    return found;
  }

  function withClaim(receipt: string): string {
    return receipts.seal({ ...opened(receipt), mailbox: true });
  }

  /** @returns the receipt in the reply; undefined when it was not accepted */
  async function send(receipt: string, changed: SubmittedContent | undefined): Promise<Reply & { receipt?: string }> {
    const webUrl = random.pick(webUrls);
    const startedAt = Date.now();
    const reply =
      changed === undefined ? await client.withdraw(webUrl, receipt) : await client.correct(webUrl, receipt, changed);
    const outcome = outcomeOf(reply);
    const fresh = outcome === "accepted" ? receiptOf(reply.statusUrl ?? "") : undefined;
    const seen = opened(receipt);
    const changedAt = fresh === undefined ? undefined : opened(fresh).changedAt;
    const attempt = { receipt: seen, content: changed, changedAt, reply, outcome, startedAt, endedAt: Date.now() };
    ledger.record(changeLineOf(attempt, event));
    if (fresh === undefined) return reply;
    counts[changed === undefined ? "withdrawals" : "corrections"] += 1;
    if (!(changedAt !== undefined && changedAt > (seen.changedAt ?? seen.submittedAt))) counts.notLater += 1;
    return { ...reply, receipt: fresh };
  }

  /** @returns the receipt for the next change; the given one for whoever gave up or was rejected for good */
  async function change(receipt: string, changed: SubmittedContent | undefined): Promise<string> {
    for (let attempts = 1; attempts <= maxAttempts; attempts += 1) {
      const { status, receipt: fresh } = await send(receipt, changed);
      if (fresh !== undefined) return fresh;
      if (status !== null && status < 500 && status !== 429) return receipt;
      await delay(random.between(50, Math.min(2_000, 100 * 2 ** attempts)));
    }
    return receipt;
  }

  /** @returns the receipt of the latest change */
  async function correct(first: string, way: Way): Promise<string> {
    if (way === "at once") {
      const all = await Promise.all(Array.from({ length: windows }, () => change(first, content())));
      return random.pick(all);
    }
    if (way === "once") return change(first, content());
    if (way === "several") {
      const second = await change(first, content());
      await pause();
      return change(await change(second, content()), content());
    }
    // A stranger has the receipt of the page, and goes on with it.
    const linked = withClaim(first);
    const [owners] = await Promise.all([change(linked, content()), change(first, content())]);
    await pause();
    if (random.chance(tooLateChance)) await change(first, undefined);
    return random.chance(0.5) ? change(owners, content()) : owners;
  }

  return {
    figures: () => ({ ...counts }),
    async visit(statusUrl) {
      let receipt = receiptOf(statusUrl);
      if (random.chance(shares.correct)) {
        await pause();
        receipt = await correct(receipt, random.pick(ways));
      }
      if (!random.chance(shares.withdraw)) return false;
      await pause();
      const before = receipt;
      const isDone = (await change(before, undefined)) !== before;
      // Too late: nothing comes of it.
      if (random.chance(tooLateChance)) await change(before, content());
      return isDone && random.chance(registersAgainChance);
    },
  };
}

function receiptOf(statusUrl: string): string {
  return statusUrl.slice(statusUrl.lastIndexOf("/") + 1);
}
