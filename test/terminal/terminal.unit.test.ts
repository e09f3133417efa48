import { PassThrough } from "node:stream";
import { t } from "../equipment/file-test.ts";
import { createTerminal } from "../../terminal/terminal.ts";

function open({ isTTY = false, env = {} }: { isTTY?: boolean; env?: Record<string, string> } = {}) {
  const texts = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof texts) => {
    const caught = Object.assign(new PassThrough({ encoding: "utf8" }), {
      isTTY,
      columns: 100,
      cursorTo: () => true,
      clearLine: () => true,
      moveCursor: () => true,
    });
    caught.on("data", (text: string) => (texts[name] += text));
    return caught as unknown as NodeJS.WriteStream;
  };
  const keys = new PassThrough();
  const stdin = Object.assign(keys, { isTTY, setRawMode: () => {} }) as unknown as NodeJS.ReadStream;
  const terminal = createTerminal({ stdin, stdout: stream("stdout"), stderr: stream("stderr") }, env);
  return { terminal, keys, texts, settle: () => new Promise((resolve) => setImmediate(resolve)) };
}

t.test("colour is for a terminal, and for one that wants it", async (t) => {
  t.match(open({ isTTY: true }).terminal.colors.red("x"), "\x1b");
  t.equal(open().terminal.colors.red("x"), "x");
  t.equal(open({ isTTY: true, env: { NO_COLOR: "1" } }).terminal.colors.red("x"), "x");
  t.equal(open({ isTTY: true, env: { TERM: "dumb" } }).terminal.colors.red("x"), "x");
});

t.test("a long last column is cut for a terminal, and whole for everybody else", async (t) => {
  const long = "x".repeat(300);
  for (const isTTY of [true, false]) {
    const { terminal, texts, settle } = open({ isTTY, env: { NO_COLOR: "1" } });
    terminal.printTable(["ID", "DETAIL"], [["a", long]]);
    await settle();
    const width = texts.stdout.split("\n")[1]?.length;
    t.equal(width, isTTY ? 100 : 304);
  }
});

t.test("results and notes go their own ways", async (t) => {
  const { terminal, texts, settle } = open();
  terminal.print("result");
  terminal.printJson({ a: 1 });
  await terminal.write("raw");
  terminal.note("aside");
  await settle();
  t.same(texts, { stdout: 'result\n{"a":1}\nraw', stderr: "aside\n" });
});

t.test("progress is shown to a terminal, with how much is left, and taken away", async (t) => {
  const quiet = open();
  const nothing = quiet.terminal.progress("reading");
  nothing.update(1, 2);
  nothing.stop();
  await quiet.settle();
  t.equal(quiet.texts.stderr, "");
  const shown = open({ isTTY: true });
  const bar = shown.terminal.progress("reading");
  bar.update(5);
  bar.update(1_000, 4_000);
  bar.stop();
  bar.stop();
  await shown.settle();
  t.match(shown.texts.stderr, /reading/);
  t.equal(shown.texts.stdout, "");
});

t.test("where nobody can be asked, the option has to say it", async (t) => {
  const { terminal } = open();
  const { signal } = new AbortController();
  const rejection = { code: "TURNOUT_USAGE_INVALID", message: /--yes/ };
  await t.rejects(terminal.confirm("Erase?", "--yes", signal), rejection);
  await t.rejects(terminal.confirmByName("Which?", "summit", "--yes", signal), rejection);
});

t.test("a name that has to be typed counts only when it is the right one", async (t) => {
  const { signal } = new AbortController();
  for (const [typed, meant] of [
    ["summit-test\n", true],
    ["yes\n", false],
    ["\n", false],
  ] as const) {
    const { terminal, keys, texts } = open({ isTTY: true });
    const answer = terminal.confirmByName("Type the name:", "summit-test", "--yes", signal);
    while (!texts.stderr.includes("Type the name:")) await new Promise((resolve) => setImmediate(resolve));
    keys.write(typed);
    t.equal(await answer, meant, typed);
  }
});

t.test("the screen is only cleared where there is one", async (t) => {
  const file = open();
  file.terminal.clear();
  const screen = open({ isTTY: true });
  screen.terminal.clear();
  await screen.settle();
  t.equal(file.texts.stdout, "");
  t.match(screen.texts.stdout, "\x1b[2J");
});

const hostile = "\x1b]0;title\x07\x9b2J\u061c\u200b\u202eAnn";

t.test("whatever is written, nothing commands a terminal", async (t) => {
  const { terminal, texts, settle } = open({ isTTY: true });
  terminal.print(terminal.colors.red(hostile));
  terminal.note(hostile);
  terminal.printJson({ name: hostile });
  terminal.printTable(["NAME"], [[hostile]]);
  await terminal.write(`${hostile}\n`);
  await settle();
  const written = (texts.stdout + texts.stderr).replaceAll(/\x1b\[\d+m/g, "");
  t.notMatch(written, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u202e]/);
  t.equal(written.split("Ann").length - 1, 5, "control: all five were written");
  t.match(texts.stdout, "\x1b[31m", "control: our own colour is there");
  t.match(written, String.raw`{"name":"\u001b]0;title\u0007\u009b2J\u061c\u200b\u202eAnn"}`);
});

t.test("into a file or a pipe a text goes as it is", async (t) => {
  const { terminal, texts, settle } = open();
  await terminal.write(hostile);
  await settle();
  t.equal(texts.stdout, hostile);
});
