/**
 * What a bad night leaves: many dead letters of five kinds, some mended and replayed in the console, the others by command,
 * with a worker that stores them. Each step is timed; in the end none is open and everybody who can be stored is.
 */
import { join } from "node:path";
import t from "tap";
import { kindOf } from "../../admin/dead-letters/row-kinds.ts";
import { loadEvent } from "../../shared/registration/event-definition.ts";
import { openConsole } from "../console/open-console.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { runCommand } from "../equipment/command-run.ts";
import { putAll } from "../equipment/dead-letter-seeds.ts";
import { eventually } from "../equipment/eventually.ts";
import { fiveKinds } from "../equipment/five-kinds.ts";
import { skipUnlessLong } from "../equipment/run-length.ts";

t.setTimeout(1_200_000);

const total = 10_000;
const longestMs = 600_000;
const title = `${total} dead letters of five kinds are mended and replayed by console and by command`;
t.test(title, { skip: skipUnlessLong }, async (t) => {
  const { env, connection } = await startEngines(t, ["worker"]);
  const letters = [...fiveKinds(total, Date.now())];
  await putAll(connection.documents, connection.deadLettersTable, letters);
  const definition = loadEvent(join(import.meta.dirname, "..", "..", "event.json"));
  const { post, manyRuns, replays } = await openConsole(t, connection, false, definition);
  const ofReason = (reason: string) => letters.filter((letter) => letter.reason === reason);
  const invalid = ofReason("invalid-registration");
  const isTypo = ({ detail }: { readonly detail: string }) => detail.startsWith("/email");
  const typo = invalid.find(isTypo)?.detail ?? "";
  const nameless = invalid.find((letter) => !isTypo(letter))?.detail ?? "";
  const typos = invalid.filter(isTypo).length;
  const [crashed, tiny, cut] = ["crash-loop", "rejected-by-table", "malformed"].map(
    (reason) => ofReason(reason).length,
  );
  const kind = (detail: string) => ({ all: "yes", reason: "invalid-registration", detail: kindOf(detail) });
  let last = performance.now();
  const done = (step: string) => {
    t.comment(`${step.padEnd(54)} ${((performance.now() - last) / 1_000).toFixed(1).padStart(6)} s`);
    last = performance.now();
  };

  async function editInConsole(fields: Record<string, string>, expected: number): Promise<void> {
    const asked = await post("/dead-letters/many", { action: "edit", ...fields });
    t.equal(asked.statusCode, 303, asked.body.slice(0, 200));
    const url = String(asked.headers.location);
    const phase = () => manyRuns.find(url.split("/").at(-1)!)?.phase;
    await eventually(() => phase() === "checked", "it is checked", longestMs);
    t.equal((await post(`${url}/execute`, { why: "the night" })).statusCode, 303);
    await eventually(() => phase() === "ended", "it has ended", longestMs);
    t.match(manyRuns.find(url.split("/").at(-1)!)?.summary, { counts: { changed: expected } });
  }

  async function replayInConsole(fields: Record<string, string>, expected: number): Promise<void> {
    const started = await post("/replays", { ...fields, canary: "1", rate: "1000", why: "the night" });
    t.equal(started.statusCode, 303, started.body.slice(0, 200));
    const id = String(started.headers.location).split("/").at(-1)!;
    await eventually(async () => (await replays.find(id))?.standing === "done", "it has ended", longestMs);
    t.match((await replays.find(id))?.run.counts, { resolved: expected, failed: 0 });
  }

  async function command(...line: string[]): Promise<unknown> {
    const args = ["dead-letters", ...line, "--why", "the night", "--execute", "--json"];
    const run = await runCommand(args, { env });
    t.equal(run.code, 0, run.stderr.slice(0, 300));
    return run.json();
  }

  await editInConsole({ ...kind(typo), field: "email", kind: "replace", part: "@example", by: "@example.org" }, typos);
  done(`console: ${typos} addresses corrected`);
  await editInConsole({ ...kind(nameless), field: "name", kind: "set", value: "Guest" }, invalid.length - typos);
  done(`console: ${invalid.length - typos} names set`);
  await replayInConsole({ all: "yes", reason: "invalid-registration" }, invalid.length);
  done(`console: ${invalid.length} replayed and stored`);

  const underflow = ["--reason", "rejected-by-table"];
  t.match(await command("edit", ...underflow, "--unset", "answers.guests", "--yes"), { counts: { changed: tiny } });
  done(`command: ${tiny} numbers removed`);
  t.match(await command("replay", ...underflow, "--rate", "1000"), { counts: { resolved: tiny, failed: 0 } });
  done(`command: ${tiny} replayed and stored`);
  t.match(await command("replay", "--reason", "crash-loop", "--rate", "1000"), {
    counts: { resolved: crashed },
  });
  done(`command: ${crashed} replayed and stored`);
  await command("discard", "--reason", "malformed", "--yes");
  done(`command: ${cut} discarded`);

  const queue = (await runCommand(["queue", "--json"], { env })).json();
  t.match(queue, { deadLetters: { open: 0, notCollected: 0 } });
  const listed = await runCommand(["dead-letters", "list", "--groups", "--json"], { env });
  const states = { resolved: 0, discarded: 0, open: 0, replayed: 0, storing: 0 };
  for (const group of (listed.json() as { groups: { states: typeof states }[] }).groups) {
    for (const state of Object.keys(states) as (keyof typeof states)[]) states[state] += group.states[state];
  }
  t.strictSame(states, { resolved: total - cut!, discarded: cut, open: 0, replayed: 0, storing: 0 });
  done("counted: none is open");
});
