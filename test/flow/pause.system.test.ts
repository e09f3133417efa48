/**
 * Somebody pauses registration while people register at two web processes: both turn everybody away within seconds, what
 * was accepted is stored all the same, and after the resumption they accept again. Nobody is lost, and nobody is stored who
 * was turned away.
 */
import t, { type Test } from "tap";
import { forEach, postRegistration, type Accepted } from "../equipment/attendee.ts";
import { runCommand } from "../equipment/command-run.ts";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "../faults/cell.ts";

t.setTimeout(300_000);

const engines = await startEngines();
t.teardown(() => engines.stop());
/** What the issue of a night allows: from the command's end to the last process. */
const withinMs = 5_000;

interface Web {
  readonly url: string;
}

async function answerOf({ url }: Web, email: string): Promise<{ status: number; code?: string }> {
  const response = await postRegistration(url, { email, name: "Pause" });
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, ...(code !== undefined && { code }) };
}

let probes = 0;

/** @throws when one of them still accepts after the time; each registration that is accepted meanwhile counts */
async function untilAllAnswer(
  webs: readonly Web[],
  status: number,
  accepted: Set<string>,
  limitMs = withinMs,
): Promise<void> {
  const last = await Promise.all(
    webs.map((web) =>
      eventually(
        async () => {
          probes += 1;
          const email = `probe-${probes}@example.org`;
          const answer = await answerOf(web, email);
          if (answer.status === 202) accepted.add(email);
          return answer.status === status && answer;
        },
        `${web.url} answers ${status}`,
        limitMs,
      ),
    ),
  );
  if (status === 503)
    for (const { code } of last) if (code !== "TURNOUT_PAUSED") throw new Error(`It answered ${code}.`);
}

t.test("a pause reaches two processes within seconds, and loses nobody", async (t: Test) => {
  const cell = await engines.createCell();
  t.teardown(() => cell.close());
  const webs = [await cell.startTier("web", { direct: true }), await cell.startTier("web", { direct: true })] as const;
  const [first] = webs;
  const order = async (...line: string[]) => {
    const run = await runCommand(["acceptance", ...line], { env: cell.environment });
    t.equal(run.code, 0, run.stderr);
  };
  // Where the SDK reads them; a test file is a process of its own.
  Object.assign(process.env, cell.environment);

  const accepted = new Set<string>();
  const refused = new Set<string>();
  let isOver = false;
  let receipt: Accepted | undefined;
  // People come all the time, at both, before and during the pause.
  const posters = Array.from({ length: 6 }, (_, index) => index);
  const turnedAway = new Set<number>();
  const crowd = forEach(posters, posters.length, async (poster) => {
    for (let count = 0; !isOver; count += 1) {
      const email = `person-${poster}-${count}@example.org`;
      const response = await postRegistration(webs[count % 2 === 0 ? 0 : 1].url, { email, name: "Pause" });
      if (response.status === 202) {
        accepted.add(email);
        receipt = (await response.json()) as Accepted;
      } else {
        refused.add(email);
        turnedAway.add(poster);
        t.equal(response.status, 503);
        t.match(response.headers.get("retry-after"), /^[1-9]\d?$/);
        t.match(await response.json(), { code: "TURNOUT_PAUSED" });
      }
    }
  });
  await eventually(() => accepted.size > 100, "a crowd registers", 30_000);
  t.equal(refused.size, 0);

  await order("pause", "--why", "the hall is being counted");
  await untilAllAnswer(webs, 503, accepted);
  // What was admitted before the pause may still have been on its way when the last process heard of it.
  turnedAway.clear();
  await eventually(() => turnedAway.size === posters.length, "nobody waits for an older answer", 30_000);
  const [acceptedBefore, refusedBefore] = [accepted.size, refused.size];
  await eventually(() => refused.size > refusedBefore + 50, "the crowd is turned away", 30_000);
  t.equal(accepted.size, acceptedBefore, "by both");
  isOver = true;
  await crowd;

  await t.test("a process that looked elsewhere would still accept", async (t) => {
    const blind = await cell.startTier("web", {
      direct: true,
      environment: { CONTROLS_TABLE: cell.outcomesTable },
    });
    await t.rejects(untilAllAnswer([blind], 503, accepted), /not within/);
    await blind.stop();
  });

  await t.test("a process that starts during the pause accepts nobody", async (t) => {
    const late = await cell.startTier("web", { direct: true });
    t.match(await answerOf(late, "first-of-the-new@example.org"), { status: 503, code: "TURNOUT_PAUSED" });
    t.equal(await late.metric("turnout_acceptance_paused"), 1);
    t.equal((await late.health()).httpStatus, 200);
    await late.stop();
  });

  await t.test("who is registered can still withdraw", async (t) => {
    const reply = await fetch(first.url + receipt!.statusUrl, { method: "DELETE" });
    t.equal(reply.status, 202);
  });

  await cell.startTier("worker", { direct: true });
  await cell.drained(60_000);
  const stored = new Set((await cell.items()).map(({ email }) => email));
  t.strictSame(
    [...accepted].filter((email) => !stored.has(email)),
    [],
    `all ${accepted.size} that were accepted are stored while it is paused`,
  );
  t.strictSame(
    [...refused].filter((email) => stored.has(email)),
    [],
    `none of ${refused.size} that were turned away is`,
  );

  await order("resume", "--why", "counted");
  await untilAllAnswer(webs, 202, accepted);
  await cell.drained(60_000);
  t.equal((await cell.items()).length, accepted.size);
  // Long enough for both to hear of it on a busy machine.
  const breakSeconds = 10;
  await order("pause", "--why", "a short break", "--until", `${breakSeconds}s`);
  await untilAllAnswer(webs, 503, accepted);
  await untilAllAnswer(webs, 202, accepted, breakSeconds * 1_000 + withinMs);
  t.pass("a pause with an end is over without a word");
});
