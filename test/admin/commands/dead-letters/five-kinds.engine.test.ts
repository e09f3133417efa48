/** A bad night in small: five kinds of dead letters, each mended by one command, then all replayed by one. */
import { t } from "../../../equipment/file-test.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { putAll } from "../../../equipment/dead-letter-seeds.ts";
import { fiveKinds } from "../../../equipment/five-kinds.ts";

t.test("five kinds of dead letters are mended and replayed, each by one command", async (t) => {
  const { env, connection } = await startEngines(t, ["worker"]);
  await putAll(connection.documents, connection.deadLettersTable, fiveKinds(40, Date.now()));
  const run = async (...line: string[]) => {
    const { code, stdout, stderr, json } = await runCommand(["dead-letters", ...line, "--json"], { env });
    t.equal(code, 0, `${line.join(" ")}: ${stdout.slice(0, 300)} ${stderr}`);
    return json();
  };
  const why = ["--why", "the night of the test", "--execute"];
  t.match(await run("list"), { total: 40, kinds: { length: 5 } });
  const mend = ["edit", "--reason", "invalid-registration", ...why, "--yes"];
  t.match(await run(...mend, "--replace", "email=@example=>@example.org"), { counts: { changed: 16, unchanged: 8 } });
  t.match(
    await run(...mend, "--detail", "/name must be a name of 1 to 200 characters on one line", "--set", "name=Guest"),
    {
      counts: { changed: 8 },
    },
  );
  const tiny = ["--reason", "rejected-by-table"];
  t.match(await run("edit", ...tiny, "--unset", "answers.guests", ...why, "--yes"), { counts: { changed: 4 } });
  t.match(await run("discard", "--reason", "malformed", ...why, "--yes"), { outcomes: { length: 2 } });
  t.match(await run("replay", "--all", "--rate", "1000", ...why), { counts: { resolved: 38, failed: 0 } });
  t.match(await run("list", "--state", "open"), { total: 0 });
});
