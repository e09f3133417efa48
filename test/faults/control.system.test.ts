/** Negative controls: the same round with a worker that is broken in a well-known way must not pass, or the round proves nothing. */
import { join } from "node:path";
import t, { type Test } from "tap";
import { startEngines } from "./cell.ts";
import { moments } from "./chaos-plan.ts";
import { runRound, type RoundOptions, type RoundReport } from "./round.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
t.jobs = 2;
/** As small as shows what a broken worker does. */
const small = {
  seconds: 10,
  perSecond: 60,
  webs: 1,
  workers: 1,
  // A worker that loses messages lets an audit wait in vain.
  drainTimeoutSeconds: 60,
};
const withoutMail = { ...small, mail: false };
const mostRounds = 4;
const beforeTheWrite = moments.find(({ name }) => name === "before the write")!;

/**
 * What other programs do at the same time can hide once what a broken worker does: the round is run again until it shows.
 * @param name of the worker's variant; the rounds' seeds begin with it
 */
async function roundThatShows(
  t: Test,
  name: string,
  options: Omit<RoundOptions, "engines" | "seed" | "ledger" | "workerProgram">,
  shows: (report: RoundReport) => boolean,
): Promise<RoundReport> {
  const folder = t.testdir();
  for (let round = 0; ; round += 1) {
    const seed = `${name}-${round}`;
    // One after the other: the next is needed only where this one shows nothing.
    const report = await runRound({
      ...options,
      engines,
      seed,
      ledger: join(folder, `${seed}.jsonl`),
      workerProgram: join("variants", `${name}.ts`),
    });
    if (shows(report) || round + 1 === mostRounds) return report;
    t.comment(`again: ${JSON.stringify(report.crowd)}`);
  }
}

t.test("control: a worker that deletes before it writes loses registrations, and the audit says so", async (t) => {
  const plan = [2, 4, 6, 8].map(
    (second) => ({ what: "kill", atMs: second * 1_000, tier: "worker", moment: beforeTheWrite }) as const,
  );
  // On a busy machine the worker may be killed while it holds nothing.
  const report = await roundThatShows(t, "deletes-first", { ...withoutMail, plan }, ({ audit }) => audit.lost > 0);
  t.ok(report.audit.lost > 0, `${report.audit.lost} lost`);
  t.notOk(report.audit.passed);
  t.notOk(report.clean);
});

t.test("control: a worker that overwrites on a duplicate is found out, by the audit and on the wire", async (t) => {
  // It needs no help to be wrong. On a busy machine nobody may be confirmed soon enough to change their mind.
  const options = { ...withoutMail, plan: [], habits: { "change of mind": 0.7 } };
  const report = await roundThatShows(t, "overwrites", options, ({ writtenTwice }) => writtenTwice > 0);
  t.ok(report.audit.duplicated > 0, `${report.audit.duplicated} overwritten`);
  t.ok(report.writtenTwice > 0, `${report.writtenTwice} written twice`);
  t.notOk(report.audit.passed);
  t.notOk(report.clean);
});

t.test(
  "control: a worker that applies corrections as they arrive keeps earlier ones, and the audit says so",
  async (t) => {
    // One of two web instances has a slow clock: what is sent at once differs in its time.
    const options = { ...withoutMail, webs: 2, plan: [], changeShares: { correct: 0.8, withdraw: 0 } };
    const report = await roundThatShows(t, "last-arrival-wins", options, ({ audit }) => audit.stale > 0);
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
      engines,
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
