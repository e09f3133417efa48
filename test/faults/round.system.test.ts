/** A short seeded round of what `npm run faults` does for as long as one likes: crowd, kills, faults, drain, audit. */
import { join } from "node:path";
import t from "tap";
import { startEngines } from "./cell.ts";
import { planChaos } from "./chaos-plan.ts";
import { createRandom } from "./random.ts";
import { runRound } from "./round.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());

t.test(
  "under kills, stops and faults of every kind nothing accepted is lost, doubled, made up or changed",
  async (t) => {
    const [seed, seconds] = ["short", 20];
    const report = await runRound({
      engines,
      seed,
      seconds,
      perSecond: 120,
      ledger: join(t.testdir(), "ledger.jsonl"),
      // A killed worker's mails come again after minutes, when its leases are over: the long rounds wait for them.
      mailsTimeoutSeconds: 20,
      plan: planChaos(createRandom(seed), seconds, {
        killEverySeconds: 2,
        terminateEverySeconds: 6,
        longestFaultSeconds: 4,
        mail: true,
      }),
    });
    const { audit, chaos, poison } = report;
    t.match(audit, {
      passed: true,
      lost: 0,
      duplicated: 0,
      unexpected: 0,
      corrupt: 0,
      queued: 0,
      deadLettered: 0,
      stale: 0,
    });
    t.equal(report.writtenTwice, 0, "no item was written twice");
    t.equal(poison.deadLettered, poison.put, "all poison, and nothing else, was dead-lettered");
    t.ok(report.clean || audit.mailsQueued > 0);
    t.equal(audit.mailsMissing, 0, "no mail is missing");
    t.equal(audit.mailsSent + audit.mailsExplained + audit.mailsQueued, audit.stored + audit.recovered);
    t.ok(audit.mailsSent > audit.stored / 2, "and most are sent");
    t.ok(
      chaos.kills >= 4 && chaos.terminations >= 1 && Object.keys(report.faults).length >= 3,
      "there was chaos indeed",
    );
    t.equal(report.crowd.notLater, 0, "every change is later than what its sender had seen");
    t.ok(audit.accepted >= 100, "and a crowd");
    t.ok(audit.corrections >= 20 && audit.withdrawals >= 1, "that corrected and withdrew");
    t.comment(`${audit.accepted} accepted, ${audit.corrections} corrections, ${audit.withdrawals} withdrawals`);
    t.comment(`${chaos.kills} kill -9, ${chaos.terminations} SIGTERM, ${report.seconds} s`);
  },
);
