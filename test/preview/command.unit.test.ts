import { t } from "../equipment/file-test.ts";
import { runCommand } from "../equipment/command-run.ts";

const own = `${import.meta.dirname}/../../event.json`;

t.test("the command prints every state with its address, and ends with Ctrl-C", async (t) => {
  const signal = AbortSignal.abort(new Error("stop"));
  const run = await runCommand(["event", "preview", own, "--port", "0", "--json"], { signal });
  t.equal(run.code, 0, run.stderr);
  const { pages } = run.json() as { pages: { state: string; url: string }[] };
  t.match(
    pages.map(({ state }) => state),
    ["before", "open", "errors"],
  );
  const shown = await runCommand(["event", "preview", own, "--port", "0"], { signal });
  t.match(shown.stdout, /needs-attention +en +http:\/\/127\.0\.0\.1:\d+\/registrations\//);
});

t.test("an event file that is wrong is not shown", async (t) => {
  t.match(await runCommand(["event", "preview", `${import.meta.dirname}/none.json`]), { code: 2, stdout: "" });
});
