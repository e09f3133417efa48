/** Negative controls: the same round with a worker that is broken in a well-known way must not pass, or the round proves nothing. */
import { join } from "node:path";
import t from "tap";
import { startEngines } from "./cell.ts";
import { moments } from "./chaos-plan.ts";
import { runRound } from "./round.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
t.jobs = 2;
/** As small as shows what a broken worker does. */
const small = {
  engines,
  seconds: 10,
  perSecond: 60,
  webs: 1,
  workers: 1,
  // A worker that loses messages lets an audit wait in vain.
  drainTimeoutSeconds: 60,
};
const withoutMail = { ...small, mail: false };
/** What other programs do at the same time can hide once what a broken worker does. */
const mostRounds = 4;
const beforeTheWrite = moments.find(({ name }) => name === "before the write")!;

t.test("control: a worker that deletes before it writes loses registrations, and the audit says so", async (t) => {
  const folder = t.testdir();
  const round = (seed: string) =>
    runRound({
      ...withoutMail,
      seed,
      ledger: join(folder, `${seed}.jsonl`),
      plan: [2, 4, 6, 8].map((second) => ({
        what: "kill",
        atMs: second * 1_000,
        tier: "worker",
        moment: beforeTheWrite,
      })),
      workerProgram: join("variants", "deletes-first.ts"),
    });
  // On a busy machine the worker may be killed while it holds nothing.
  let report = await round("deletes-first-0");
  for (let again = 1; again < mostRounds && report.audit.lost === 0; again += 1) {
    report = await round(`deletes-first-${again}`);
  }
  t.ok(report.audit.lost > 0, `${report.audit.lost} lost`);
  t.notOk(report.audit.passed);
  t.notOk(report.clean);
});

t.test("control: a worker that overwrites on a duplicate is found out, by the audit and on the wire", async (t) => {
  const folder = t.testdir();
  const round = (seed: string) =>
    runRound({
      ...withoutMail,
      seed,
      ledger: join(folder, `${seed}.jsonl`),
      // It needs no help to be wrong.
      plan: [],
      habits: { "change of mind": 0.7 },
      workerProgram: join("variants", "overwrites.ts"),
    });
  let report = await round("overwrites");
  // On a busy machine nobody may be confirmed soon enough to change their mind.
  for (let again = 1; again < mostRounds && report.writtenTwice === 0; again += 1) {
    t.comment(`again: ${JSON.stringify(report.crowd)}`);
    report = await round(`overwrites-${again}`);
  }
  t.ok(report.audit.duplicated > 0, `${report.audit.duplicated} overwritten`);
  t.ok(report.writtenTwice > 0, `${report.writtenTwice} written twice`);
  t.notOk(report.audit.passed);
  t.notOk(report.clean);
});

t.test(
  "control: a worker that applies corrections as they arrive keeps earlier ones, and the audit says so",
  async (t) => {
    const folder = t.testdir();
    const round = (seed: string) =>
      runRound({
        ...withoutMail,
        seed,
        // One of them with a slow clock: what is sent at once differs in its time.
        webs: 2,
        ledger: join(folder, `${seed}.jsonl`),
        plan: [],
        changeShares: { correct: 0.8, withdraw: 0 },
        workerProgram: join("variants", "last-arrival-wins.ts"),
      });
    let report = await round("last-arrival-wins");
    for (let again = 1; again < mostRounds && report.audit.stale === 0; again += 1) {
      report = await round(`last-arrival-wins-${again}`);
    }
    t.ok(report.audit.stale > 0, `${report.audit.stale} stale`);
    t.equal(report.audit.lost, 0);
    t.notOk(report.audit.passed);
    t.notOk(report.clean);
  },
);

t.test(
  "control: a worker that does not wait until mails are queued leaves some out, and the audit says so",
  async (t) => {
    const report = await runRound({
      ...small,
      seed: "forgets-mails",
      // Nobody whose mail is asked for twice: that would be put off for minutes.
      habits: {},
      changeShares: { correct: 0, withdraw: 0 },
      ledger: join(t.testdir(), "ledger.jsonl"),
      plan: [],
      workerProgram: join("variants", "forgets-mails.ts"),
      // Mails that are still queued are not missing yet.
      mailsTimeoutSeconds: 240,
    });
    t.ok(report.audit.mailsMissing > 0, `${report.audit.mailsMissing} missing`);
    t.ok(report.audit.mailsSent > 0, "and others not");
    t.notOk(report.audit.passed);
    t.notOk(report.clean);
  },
);
