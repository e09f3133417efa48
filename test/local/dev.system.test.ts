/** `npm run dev` on a copy of the repository, whose code the test changes. */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { probe } from "../equipment/long-probe.ts";
import { isAlive } from "../../local/orphan-guard/alive.ts";
import { findFreePort } from "../../local/ports.ts";
import { eventually } from "../equipment/eventually.ts";
import { productFolders, root } from "../repo/source-tree.ts";
import { confirmed, register } from "./attendee.ts";
import { ready, run } from "./start-process.ts";

const restartWithinMs = 30_000;

function copy(t: Test): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "turnout-dev-")));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of [...productFolders, "package.json", "cron.yaml", "event.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(realpathSync(join(root, "node_modules")), join(folder, "node_modules"));
  return folder;
}

t.test("a change of code, template or event is served; queue and tables stay; broken code is told", async (t) => {
  const folder = copy(t);
  const debugPort = await findFreePort();
  const args = ["--watch", "--inspect", `web=${debugPort}`];
  // No mail: one process less to start.
  const stack = run(t, args, { MAIL_FROM: "" }, join(folder, "local/main.ts"));
  const { urls, pids } = await ready(stack);
  const [, worker, , ...engines] = pids as [number, number, number, ...number[]];
  const change = (path: string, from: string | RegExp, to: string) => {
    const before = readFileSync(join(folder, path), "utf8");
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${path} has no ${String(from)}`);
    writeFileSync(join(folder, path), after);
    return () => writeFileSync(join(folder, path), before);
  };
  const said = (text: RegExp) => stack.err.some((line) => text.test(line));
  const page = async () => (await fetch(`${urls.web}/`).catch(() => undefined))?.text();
  const served = (text: string) =>
    eventually(async () => (await page())?.includes(text), `the page has ${text}`, restartWithinMs);

  const { status, location } = await register(urls.web!, "ada@example.org");
  t.equal(status, 202);
  await confirmed(urls.web!, location);
  t.equal(await probe(`http://127.0.0.1:${debugPort}/json/version`), 200, "a debugger may connect to the web tier");

  writeFileSync(join(folder, "web/notes.md"), "It is no code.");
  change("web/page/templates/layout.eta", /<\/body>/, "<!-- changed template --></body>");
  await served("<!-- changed template -->");
  await eventually(() => said(/^web restarted in /), "it says so");
  t.ok(said(/^web\/page\/templates\/layout\.eta changed: restarting web …$/), "and why, which is the template alone");
  t.equal(await probe(`http://127.0.0.1:${debugPort}/json/version`), 200, "and to the new one");
  t.ok(isAlive(worker), "what the change does not concern runs on");

  const mend = change("web/app.ts", /^/, "const broken = ;\n");
  await eventually(() => said(/^web does not run; the next change starts it again\./), "it is told", restartWithinMs);
  t.ok(said(/web\/app\.ts:1$/) && said(/SyntaxError/), "with file, line and reason");
  t.equal(await probe(`${urls.web}/health`), undefined, "control: the change has counted");

  mend();
  change("event.json", /"name": "[^"]*"/, '"name": "A changed event"');
  await served("A changed event");
  // Together with the other change, where it saw both at once.
  t.ok(said(/^(web\/app\.ts, )?event\.json(, web\/app\.ts)? changed: restarting web, worker, console …$/));
  await eventually(() => said(/^worker restarted in /), "the worker has the new event, too", restartWithinMs);
  t.notOk(isAlive(worker));
  await confirmed(urls.web!, location);
  t.ok(engines.length > 1 && engines.every(isAlive), "the engines were not restarted");

  stack.child.kill("SIGINT");
  t.equal(await stack.exit, 0);
  t.notOk(engines.some(isAlive));
  for (const url of [urls.web, urls.worker, urls.console]) t.equal(await probe(`${url}/health`), undefined);
});
