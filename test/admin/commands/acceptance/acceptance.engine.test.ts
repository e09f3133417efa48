import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { AcceptanceOutput } from "../../../../admin/acceptance/acceptance-view.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env } = await startEngines(t);
const validator = Compile(AcceptanceOutput);

async function acceptance(...line: string[]) {
  const run = await runCommand(["acceptance", ...line, "--json"], { env });
  if (run.code === 0) t.ok(validator.Check(run.json()), "what it prints is what its schema says");
  return run;
}

t.test("it is paused with an end and in two languages, shown, and resumed", async (t) => {
  t.match((await acceptance("status")).json(), { paused: false, who: "", version: 0 });
  const notices = ["--notice", "de=Um 12 Uhr geht es weiter.", "--notice", "en=We continue at noon."];
  const paused = await acceptance("pause", "--why", "power cut", "--until", "30min", ...notices);
  t.match(paused.json(), {
    paused: true,
    until: /Z$/,
    pauseNotice: { de: "Um 12 Uhr geht es weiter.", en: "We continue at noon." },
    who: / on /,
    why: "power cut",
    version: 1,
  });
  const { stdout } = await runCommand(["acceptance", "status"], { env });
  for (const part of [/state +paused, until 20\d\d-/, /why +power cut/, /while paused \(de\) +Um 12 Uhr/])
    t.match(stdout, part);
  const resumed = await runCommand(["acceptance", "resume", "--why", "light is back"], { env });
  t.equal(resumed.code, 0);
  t.match(resumed.stdout, /state +open, within/);
  t.match(resumed.stderr, /within about three seconds/);
});

t.test("a notice is set and removed without a pause", async (t) => {
  const set = await acceptance("notice", "The venue has changed.", "--why", "flooded");
  t.match(set.json(), { paused: false, notice: { event: "The venue has changed." } });
  t.match((await runCommand(["acceptance", "status"], { env })).stdout, /notice \(the event's language\) +The venue/);
  t.same(((await acceptance("notice", "--clear", "--why", "known")).json() as AcceptanceOutput).notice, {});
});

t.test("what is missing or wrong is said with exit code 2, and changes nothing", async (t) => {
  const before = (await acceptance("status")).json() as AcceptanceOutput;
  for (const [line, said] of [
    [["pause"], /--why/],
    [["pause", "--why", " "], /--why takes/],
    [["pause", "--why", "x", "--until", "yesterday"], /a time to come/],
    [["pause", "--why", "x", "--notice", "fr=non"], /no language "fr"/],
    [["resume", "--why", "x"], /not paused/],
    [["notice", "--why", "x"], /--clear/],
    [["notice", "text", "--clear", "--why", "x"], /--clear/],
  ] as const) {
    const run = await acceptance(...line);
    t.equal(run.code, 2, line.join(" "));
    t.match(run.stderr, said);
  }
  t.same((await acceptance("status")).json(), before);
});

t.test("the help shows whole commands", async (t) => {
  const { stdout } = await runCommand(["acceptance", "--help"], { env });
  t.match(stdout, /turnout acceptance pause --why "[^"]+" --stack summit-production/);
});
