/** DynamoDB is stopped, really, under load: the backlog grows, nothing is dead-lettered, and all of it is stored afterwards. */
import { join } from "node:path";
import t from "tap";
import { openLedger } from "../../admin/audit/ledger.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { eventually } from "../equipment/eventually.ts";
import { audit } from "./audit.ts";
import { startEngines } from "./cell.ts";
import { startCrowd } from "./crowd.ts";
import { unhealthyBecause } from "./unhealthy.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());

t.test(
  "DynamoDB stopped for longer than maxReceiveCount × visibility, under load: no dead letters, and it drains after",
  async (t) => {
    // Long enough for a heartbeat that a busy machine sends late.
    const [visibilityTimeoutSeconds, maxReceiveCount] = [5, 3];
    const cell = await engines.createCell({ visibilityTimeoutSeconds, maxReceiveCount });
    t.teardown(() => cell.close());
    const ledger = join(t.testdir(), "ledger.jsonl");
    const web = await cell.startTier("web");
    const workers = await Promise.all([cell.startTier("worker"), cell.startTier("worker", { name: "worker-2" })]);
    const crowd = startCrowd({
      webUrls: [web.url],
      event: loadEvent(join(import.meta.dirname, "..", "..", "event.json")),
      random: cell.random.fork("crowd"),
      ledger: openLedger(ledger, await readStackIdentity(cell.sqs, cell.queueUrl)),
      perSecond: 100,
    });
    await eventually(async () => (await cell.itemCount()) > 50, "the load is on its way");

    const dynamoDb = engines.stack.process("dynamodb");
    await dynamoDb.stop();
    const stoppedAt = performance.now();
    const acceptedBefore = crowd.figures().accepted;
    for (const worker of workers) {
      // Which of the two tables is missed first depends on what the worker does just then.
      await unhealthyBecause(worker, new RegExp(cell.registrationsTable));
    }
    const outageMs = 1.5 * maxReceiveCount * visibilityTimeoutSeconds * 1_000;
    await eventually(() => performance.now() - stoppedAt > outageMs, "the outage lasts", 2 * outageMs);
    t.ok(crowd.figures().accepted > acceptedBefore, "registrations are accepted all the while");
    t.ok((await cell.counts()).waiting > 0, "and wait on the queue");

    await dynamoDb.start();
    await crowd.stop();
    await cell.drained(60_000);
    const report = await audit(cell, ledger);
    t.match(report, { passed: true, lost: 0, deadLettered: 0, duplicated: 0 });
    t.same(await cell.deadLetters(), []);
    t.ok(Math.max(...cell.effects.deliveries.values()) < maxReceiveCount, "receive counts did not climb");
    for (const { ends } of workers) t.same(ends, [], "no worker was restarted");
    t.comment(`${report.accepted} accepted`);
  },
);
