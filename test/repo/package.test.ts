/** The package is not published; what `npm pack` would take is the repository, and nothing that was made in it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { root } from "./source-tree.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** @returns the paths that npm would pack */
function packed(folder: string): string[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path).toSorted();
}

t.test("the package is private: npm publish refuses it", async (t) => {
  t.equal((JSON.parse(read("package.json")) as { private?: boolean }).private, true);
});

t.test("what runs, tests and deployments leave behind is not packed", async (t) => {
  const folder = t.testdir({
    "package.json": JSON.stringify({ name: "turnout", version: "0.1.0" }),
    ".gitignore": read(".gitignore"),
    "event.json": "{}",
    ".env": "",
    "npm-debug.log": "",
    "CPU.1.cpuprofile": "",
    ".tap": { "report.json": "" },
    ".turnout": { "last-stress.json": "" },
    "cdk.out": { "outputs.json": "" },
    dist: { "turnout.zip": "" },
    tools: { node_modules: { oxlint: { "package.json": "{}" } } },
  });
  t.strictSame(packed(folder), ["event.json", "package.json"], "control: the event file is");
});

t.test("of this checkout, folders of the product and its settings are packed, and no other", async (t) => {
  const known =
    /^(?:(?:admin|bench|cli|console|deploy|docs|infra|load|local|monitoring|preview|shared|terminal|test|tools|web|worker|\.ci)\/|[^/]+$)/;
  const paths = packed(root);
  t.ok(paths.length > 1_000, "control: they were listed");
  t.strictSame(
    paths.filter((path) => !known.test(path) || /\.(?:log|cpuprofile|pem|key|tgz|zip|db)$/.test(path)),
    [],
  );
});
