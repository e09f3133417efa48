/**
 * A rolling deployment under load: the tiers of an older version are replaced one after the other while people register,
 * correct and withdraw, and packs of both versions are on the queue. Then the queue drains, and the audit has the last word.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import { openLedger } from "../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { audit } from "./audit.ts";
import type { Engines } from "./cell.ts";
import { startCrowd, type CrowdFigures } from "./crowd.ts";
import { createRandom } from "./random.ts";

export interface RollingOptions {
  readonly engines: Engines;
  /** Programs of the older version's tiers, as paths. */
  readonly older: { readonly web: string; readonly worker: string };
  /** Path of an event definition that both versions can read. */
  readonly eventFile: string;
  /** Which tier is replaced first. `worker` is how `npm run deploy` does it. */
  readonly first: "web" | "worker";
  readonly seed: string;
  readonly perSecond: number;
  /** How long each mix of versions takes people. */
  readonly secondsPerStep: number;
  /** File in which the ledger is written. */
  readonly ledger: string;
}

export interface RollingReport {
  readonly first: RollingOptions["first"];
  readonly crowd: CrowdFigures;
  /** Packs that the older worker left to the newer one. */
  readonly hidden: number;
  readonly audit: AuditReport;
  readonly deadLetters: number;
  readonly clean: boolean;
}

/** A hidden pack comes back after a minute, and after two and four if it is unlucky. */
const drainTimeoutSeconds = 600;
export async function rollOut(options: RollingOptions): Promise<RollingReport> {
  const { engines, older, eventFile, first, seed, perSecond, secondsPerStep } = options;
  const event = loadEvent(eventFile);
  const random = createRandom(seed);
  const cell = await engines.createCell({
    visibilityTimeoutSeconds: 5,
    seed,
    environment: {
      EVENT_FILE: eventFile,
      LOG_LEVEL: "warn",
      MAX_EVENT_LOOP_DELAY_MS: "",
      MAX_WAIT_MS: "",
      SHED_WAIT_MS: "",
    },
  });
  try {
    const before = {
      web: await cell.startTier("web", { name: "older-web", program: older.web }),
      worker: await cell.startTier("worker", { name: "older-worker", program: older.worker }),
    };
    const webUrls = [before.web.url];
    const ledger = openLedger(options.ledger, await readStackIdentity(cell.sqs, cell.queueUrl));
    const crowd = startCrowd({
      webUrls,
      event,
      random: random.fork("crowd"),
      ledger,
      perSecond,
      receipts: cell.receipts,
    });
    let hidden = 0;
    const replace = {
      async web() {
        const { url } = await cell.startTier("web", { name: "newer-web" });
        // Both at once, as while instances are replaced; a receipt of the one is the other's as well.
        webUrls.push(url);
        await delay(secondsPerStep * 1_000);
        webUrls.shift();
        await before.web.stop();
      },
      async worker() {
        await cell.startTier("worker", { name: "newer-worker" });
        await delay(secondsPerStep * 1_000);
        hidden = await before.worker.metric("turnout_packs_hidden_total");
        await before.worker.stop();
      },
    };
    await delay(secondsPerStep * 1_000);
    for (const tier of first === "web" ? (["web", "worker"] as const) : (["worker", "web"] as const)) {
      await replace[tier]();
      await delay(secondsPerStep * 1_000);
    }
    const crowdFigures = await crowd.stop();
    ledger.close();
    const verdict = await audit(cell, options.ledger, drainTimeoutSeconds);
    const deadLetters = (await cell.deadLetters()).length;
    const clean = verdict.passed && deadLetters === 0 && crowdFigures.notLater === 0;
    return { first, crowd: crowdFigures, hidden, audit: verdict, deadLetters, clean };
  } finally {
    await cell.close();
  }
}
