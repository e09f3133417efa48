/**
 * A night, as an operator has it: the worker's rights are removed, an alarm rings, its text leads to the runbook's section,
 * the section's commands say what it is, the rights come back, and everybody is stored. Each step is timed.
 */
import { join } from "node:path";
import t, { type Test } from "tap";
import { openLedger } from "../../admin/audit/ledger.ts";
import { runTurnout } from "../../cli/program.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { catchTerminal } from "../equipment/caught-terminal.ts";
import { runCommand } from "../equipment/command-run.ts";
import { eventually } from "../equipment/eventually.ts";
import { commandsIn, nightSections } from "../equipment/night-page.ts";
import { alarmRules, type Minute } from "../equipment/rung-alarms.ts";
import { audit } from "./audit.ts";
import { startEngines, type Cell } from "./cell.ts";
import { startCrowd } from "./crowd.ts";
import { accessDenied } from "./fault.ts";

t.setTimeout(600_000);

const eventFile = join(import.meta.dirname, "..", "..", "event.json");
/** CloudWatch's minute, shortened. */
const minuteMs = 2_000;
/** A busy machine is no fault of the deployment. */
const generous = { WRITE_TIMEOUT_MS: "10000", SEND_TIMEOUT_MS: "10000", RECEIVE_WAIT_SECONDS: "2" };

const engines = await startEngines();
t.teardown(() => engines.stop());
const rules = await alarmRules();

/** @returns reads SQS's own figures of the minute that begins then, as CloudWatch would have them */
function minutesOf(cell: Cell): () => Promise<Minute> {
  const resource = new URL(cell.queueUrl).pathname.split("/").at(-1)!;
  // Of this queue alone: the collector polls the dead-letter queue all the while.
  const counted = (...actions: string[]) => cell.sqsProxy.inject({ kind: "delay", ms: 0, actions, resource });
  const [receives, deletes] = [counted("ReceiveMessage"), counted("DeleteMessage", "DeleteMessageBatch")];
  return async () => {
    const [received, deleted, began] = [receives.hits, deletes.hits, performance.now()];
    await eventually(() => performance.now() - began > minuteMs, "a minute passes", 2 * minuteMs);
    return {
      ApproximateNumberOfMessagesVisible: (await cell.counts()).waiting,
      NumberOfMessagesDeleted: deletes.hits - deleted,
      // Receives, whether they brought something or not: the alarm adds both.
      NumberOfEmptyReceives: receives.hits - received,
    };
  };
}

function timeline(t: Test) {
  const steps: [step: string, seconds: number][] = [];
  let last = performance.now();
  return {
    done(step: string) {
      const now = performance.now();
      steps.push([step, (now - last) / 1_000]);
      last = now;
    },
    print() {
      const width = Math.max(...steps.map(([step]) => step.length));
      for (const [step, seconds] of steps) t.comment(`${step.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s`);
    },
  };
}

/** Runs `turnout console` until the test ends. @returns reads the overview's page */
async function openConsole(t: Test, args: readonly string[], env: Record<string, string>) {
  const stop = new AbortController();
  const { terminal, texts } = catchTerminal(env);
  const end = runTurnout([...args, "--port", "0", "--open-to-machine"], { env, terminal, signal: stop.signal });
  t.teardown(async () => {
    stop.abort(new Error("the night is over"));
    await end;
  });
  await eventually(() => texts.stdout.includes("\n"), "the console's link");
  const url = texts.stdout.trim();
  return async () => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
}

t.test("the worker's rights are removed: alarm, page, command, mended, and nobody is lost", async (t) => {
  const cell = await engines.createCell({ visibilityTimeoutSeconds: 10, maxReceiveCount: 100, environment: generous });
  t.teardown(() => cell.close());
  const web = await cell.startTier("web");
  const worker = await cell.startTier("worker");
  const env = { ...cell.environment, WEB_URL: web.url, WORKER_URL: worker.url, EVENT_FILE: eventFile };
  Object.assign(process.env, cell.environment);
  const nextMinute = minutesOf(cell);
  const ledger = join(t.testdir(), "ledger.jsonl");
  const crowd = startCrowd({
    webUrls: [web.url],
    event: loadEvent(eventFile),
    random: cell.random.fork("crowd"),
    ledger: openLedger(ledger, await readStackIdentity(cell.sqs, cell.queueUrl)),
    perSecond: 5,
  });
  t.teardown(() => crowd.stop());
  await eventually(async () => (await cell.itemCount()) > 20, "people register and are stored", 60_000);
  const well: Minute[] = [];
  for (let minute = 0; minute < 5; minute += 1) well.push(await nextMinute());
  const early = rules.filter(({ rings }) => rings(well)).map(({ id }) => id);
  t.strictSame(early, [], "while all is well, no alarm rings");

  const time = timeline(t);
  const denied = cell.dynamoDbProxy.inject({
    ...accessDenied("dynamodb:PartiQLInsert", cell.registrationsTable),
    actions: ["BatchExecuteStatement"],
  });
  await eventually(async () => (await worker.health()).httpStatus === 503, "the worker is unhealthy", 30_000);
  time.done("rights removed, until the worker pauses");

  const minutes: Minute[] = [];
  const rung = await eventually(
    async () => {
      minutes.push(await nextMinute());
      const ringing = rules.filter(({ rings }) => rings(minutes));
      return ringing.some(({ id }) => id === "WorkerIsStalled") && ringing;
    },
    "the alarm rings",
    60_000,
  );
  time.done(`${rung.map(({ id }) => id).join(", ")} ring, ${minutes.length} minutes of ${minuteMs / 1_000} s`);

  const { description } = rung.find(({ id }) => id === "WorkerIsStalled")!;
  t.match(description, "Registrations wait and none was stored");
  const sections = nightSections();
  const sectionOf = (heading = "") => {
    t.ok(sections.has(heading), `there is a section "${heading}"`);
    return sections.get(heading) ?? "";
  };
  const first = sectionOf(/section "(.+)"/.exec(description)?.[1]);
  // It names a cause: then go on there.
  const section = sectionOf(/\[(Queue is not polled)\]\(#queue-is-not-polled\)/.exec(first)?.[1]);
  const [, consoleLine = ""] = /`npm run turnout -- (console --stack \S+)`/.exec(description) ?? [];
  t.not(consoleLine, "", "and names the console's command");
  time.done("alarm's text leads to its sections");

  // On this machine, the variables of the cell name the deployment that --stack names on AWS.
  const here = (args: readonly string[]) =>
    args.filter((arg, index) => !/^--(stack|watch)$/.test(arg) && args[index - 1] !== "--stack");
  const overview = await openConsole(t, here(consoleLine.split(" ")), env);
  const page = await eventually(async () => {
    const html = await overview();
    return html.includes("The worker is not storing registrations") && html.includes("PartiQLInsert") && html;
  }, "the console says what it is, and why");
  t.match(page, /<title>✖ Worker down – /);
  t.match(page, /class="cause">[^<]*dynamodb:PartiQLInsert[^<]*Roles\/WorkerRole/, "and what to mend");
  time.done("console says what it is");

  const commands = commandsIn(section).map(here);
  const run = async (name: string) => {
    const args = commands.find(([command]) => command === name) ?? [];
    return (await runCommand(args, { env })).stdout.replaceAll(/\s+/g, " ");
  };
  const cause = /worker tier.*access-denied.*dynamodb:PartiQLInsert.*Roles\/WorkerRole/;
  const says = (name: string, words: RegExp) =>
    eventually(async () => words.test(await run(name)), `turnout ${name} says ${String(words)}`);
  await says("queue", cause);
  time.done("turnout queue says the same");
  await says("doctor", cause);
  time.done("turnout doctor says the same");

  denied.lift();
  await eventually(async () => (await worker.health()).httpStatus === 200, "the worker goes on by itself", 90_000);
  time.done("rights restored, until the worker goes on");
  const { accepted } = await crowd.stop();
  await cell.drained(120_000);
  time.done(`drained, ${accepted} were accepted`);
  // The section's sign that it is mended.
  await says("queue", /worker tier: ok/);
  await eventually(async () => /<title>✓ All is well – /.test(await overview()), "the console is at peace", 30_000);
  time.done("command and console say that it is mended");

  t.match(await audit(cell, ledger), { passed: true, lost: 0, deadLettered: 0, duplicated: 0 });
  t.strictSame(worker.ends, [], "nobody restarted anything");
  time.done("audit: 0 lost");
  time.print();
});
