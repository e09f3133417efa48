import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { t } from "../../../equipment/file-test.ts";
import { runTurnout } from "../../../../cli/program.ts";
import { loadEvent } from "../../../../shared/registration/event-definition.ts";
import { createTerminal } from "../../../../terminal/terminal.ts";
import { runCommand } from "../../../equipment/command-run.ts";

const needed = ["--name", "Summit", "--opens", "2027-03-01 09:00", "--closes", "2027-04-20 18:00"];
const zone = ["--zone", "Europe/Berlin"];

/** @returns what `event check` finds doubtful */
async function doubtsIn(file: string): Promise<string[]> {
  const { code, json } = await runCommand(["event", "check", file, "--json"]);
  t.equal(code, 0, "it is valid");
  return (json() as { doubts: { pointer: string }[] }).doubts.map(({ pointer }) => pointer);
}

t.test("with options alone it asks nothing, writes a valid file and says what to do next", async (t) => {
  const file = join(t.testdir(), "summit.json");
  const ask = ["--ask", "Ticket*: Friday, Saturday", "--ask", "Organisation"];
  const when = ["--starts", "2027-05-09 09:00", "--ends", "2027-05-09 17:00", "--venue", "Harbour Hall"];
  const run = await runCommand(["event", "new", file, ...needed, ...zone, ...when, ...ask]);
  t.equal(run.code, 0, run.stderr);
  t.match(run.stdout, `event check ${file}`);
  t.match(loadEvent(file), {
    name: "Summit",
    language: "en",
    opensAt: "2027-03-01T09:00:00+01:00",
    closesAt: "2027-04-20T18:00:00+02:00",
    venue: "Harbour Hall",
    fields: [{ id: "ticket" }, { id: "organisation" }],
  });
  t.same(await doubtsIn(file), ["/description"], "a check finds only what nobody was asked");
});

t.test("--json prints what it wrote", async (t) => {
  const file = join(t.testdir(), "summit.json");
  t.same((await runCommand(["event", "new", file, ...needed, ...zone, "--json"])).json(), loadEvent(file));
});

t.test("a file that is there is not replaced unasked", async (t) => {
  const file = join(t.testdir({ "event.json": "{}" }), "event.json");
  t.match(await runCommand(["event", "new", file, ...needed, ...zone]), { code: 2, stderr: /--overwrite/ });
  t.equal(readFileSync(file, "utf8"), "{}");
  t.equal((await runCommand(["event", "new", file, ...needed, ...zone, "--overwrite"])).code, 0);
  t.equal(loadEvent(file).name, "Summit");
});

t.test("where nobody can be asked, what is missing or wrong is named, and nothing is written", async (t) => {
  const file = join(t.testdir(), "summit.json");
  for (const [line, named] of [
    [["--name", "Summit"], "--opens"],
    [[], "--name"],
    [[...needed, "--zone", "Berlin"], "IANA"],
    [[...needed, ...zone, "--language", "fr"], "en, de, ar"],
    [[...needed, ...zone, "--ends", "2027-05-09 17:00"], "--starts"],
    [[...needed, ...zone, "--starts", "2027-03-28 02:30"], "--starts"],
    [["--name", "S", "--opens", "2027-03-02 09:00", "--closes", "2027-03-01 09:00", ...zone], "has to be later"],
  ] as const) {
    t.match(await runCommand(["event", "new", file, ...line]), { code: 2, stderr: named });
    t.notOk(existsSync(file));
  }
});

/** A person who waits for each question, by some of its words, and types a line. The longest path fits their terminal. */
async function typing(line: readonly string[], answers: readonly (readonly [question: string, answer: string])[]) {
  const waiting = [...answers];
  const keys = new PassThrough();
  let said = "";
  const stream = () => {
    const cursor = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true, end: () => {} };
    const caught = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: true, columns: 2_000, ...cursor });
    caught.on("data", (text: string) => {
      said += text;
      const [next] = waiting;
      if (next === undefined || !said.includes(next[0])) return;
      waiting.shift();
      setImmediate(() => keys.write(`${next[1]}\n`));
    });
    return caught as unknown as NodeJS.WriteStream;
  };
  const stdin = Object.assign(keys, { isTTY: true, setRawMode: () => {} }) as unknown as NodeJS.ReadStream;
  const env = { NO_COLOR: "1", LANG: "de_AT.UTF-8" };
  const terminal = createTerminal({ stdin, stdout: stream(), stderr: stream() }, env);
  // With a timer that keeps the process: a question that nobody answers fails this test, and does not end the others.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`Nothing was said after: ${said}`)), 20_000);
  const code = await runTurnout(line, { env, terminal, signal: late.signal }).finally(() => clearTimeout(timer));
  return { code, said };
}

t.test("a person is asked, and the answers become the file", async (t) => {
  const file = join(t.testdir(), "summit.json");
  const { code, said } = await typing(
    ["event", "new", file],
    [
      ["called", "Concert"],
      ["which language", ""],
      ["time zone", "Europe/Vienna"],
      ["registration open", "2027-03-01 09:00"],
      ["does it close", "2027-04-20 18:00"],
      ["event begin", ""],
      ["Where is it", "City Hall"],
      ["What else", "Seat*: A, B; Note"],
    ],
  );
  t.equal(code, 0, said);
  t.match(loadEvent(file), {
    name: "Concert",
    language: "de",
    timeZone: "Europe/Vienna",
    opensAt: "2027-03-01T09:00:00+01:00",
    venue: "City Hall",
    fields: [{ id: "seat", required: true }, { id: "note" }],
  });
  t.same(await doubtsIn(file), ["/description"]);
  t.same(
    Array.from(said.matchAll(/(\d)\/5/g), ([, number]) => number).filter((one, index, all) => one !== all[index - 1]),
    ["1", "2", "3", "4", "5"],
  );
  writeFileSync(file, "{}");
  t.match(await typing(["event", "new", file], [["(y/N)", "n"]]), { code: 1, said: /stays as it is/ });
  t.equal(readFileSync(file, "utf8"), "{}");
});
