import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { affectedBy, reloadedProcesses, watchedFolders, type ReloadedProcess } from "../../../local/dev/affected.ts";
import { importsOf } from "../../repo/imports.ts";

const root = join(import.meta.dirname, "../../..");
const restarted = (path: string, eventFile = "event.json") => affectedBy(path, eventFile).restart;

/** @returns every file that one loads, itself included */
function loadedBy(entry: string): Set<string> {
  const found = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path) || !existsSync(join(root, path))) continue;
    found.add(path);
    for (const { specifier, typeOnly } of importsOf(readFileSync(join(root, path), "utf8"))) {
      if (!typeOnly && specifier?.startsWith(".")) pending.push(posix.join(posix.dirname(path), specifier));
    }
  }
  return found;
}

t.test("every file that a process loads restarts it", async (t) => {
  const entries: Record<ReloadedProcess, string> = {
    web: "web/main.ts",
    worker: "worker/main.ts",
    console: "console/command.ts",
  };
  for (const name of reloadedProcesses) {
    const loaded = [...loadedBy(entries[name])];
    t.ok(loaded.length > 50, `${name} loads ${loaded.length} files`);
    t.strictSame(
      loaded.filter((path) => !restarted(path).includes(name)),
      [],
      name,
    );
    for (const path of loaded) t.ok(watchedFolders.includes(path.split("/")[0]!), path);
  }
});

t.test("templates, messages and page assets are code; what a process does not run leaves it alone", async (t) => {
  t.strictSame(restarted("web/page/templates/event.eta"), ["web"]);
  t.strictSame(restarted("web/page/assets/page.css"), ["web"]);
  t.strictSame(restarted("web/page/messages/de.json"), ["web"]);
  t.strictSame(restarted("worker/mail/templates/mail.eta"), ["worker"]);
  t.strictSame(restarted("console/assets/console.css"), ["console"]);
  t.strictSame(restarted("shared/errors.ts"), ["web", "worker", "console"]);
  t.strictSame(restarted("test/web/app.unit.test.ts"), []);
});

t.test("the event file and a logo beside it restart all, wherever they are", async (t) => {
  for (const folder of ["", "docs/events/", "../elsewhere/"]) {
    const eventFile = `${folder}summit.json`;
    for (const path of [eventFile, `${folder}mark.svg`])
      t.strictSame(restarted(path, eventFile), reloadedProcesses, path);
    t.strictSame(restarted(`${folder}other.json`, eventFile), [], "another file beside it");
  }
});

t.test("what editors leave beside a file while they save it changes nothing", async (t) => {
  for (const name of [".app.ts.swp", ".#app.ts", "app.ts~", "4913", "app.ts___jb_tmp___", "notes.md"])
    t.strictSame(affectedBy(`web/${name}`, "event.json"), { restart: [], later: false }, name);
});

t.test("what the program itself has read counts from its next start", async (t) => {
  for (const path of ["local/stack.ts", "cron.yaml"])
    t.strictSame(affectedBy(path, "event.json"), { restart: [], later: true }, path);
});
