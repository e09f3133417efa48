import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { root } from "./source-tree.ts";

/** What the rules of this house forbid, where, and by which rule. */
const forbidden: [path: string, text: string, rule: string][] = [
  ["web/a.ts", `export const port = process.env["PORT"];`, "no-restricted-properties"],
  ["worker/a.ts", `export const port = process.env.PORT;`, "no-restricted-properties"],
  ["admin/a.ts", `export const end = () => process.exit(1);`, "no-restricted-properties"],
  ["shared/a.ts", `process.on("SIGTERM", () => {});`, "no-restricted-properties"],
  ["local/a.ts", `process.once("SIGINT", () => {});`, "no-restricted-properties"],
  ["infra/a.ts", `process.exitCode = 1;`, "no-restricted-properties"],
  ["web/b.ts", `console.log("hello");`, "no-console"],
  ["worker/b.ts", `console.error("hello");`, "no-console"],
  ["shared/b.ts", `console.warn("hello");`, "no-console"],
  ["web/c.ts", `import { a } from "../worker/a.ts";\nexport const b = a;`, "no-restricted-imports"],
  ["worker/c.ts", `import { a } from "../web/a.ts";\nexport const b = a;`, "no-restricted-imports"],
  ["shared/c.ts", `export default 1;`, "no-default-export"],
  ["shared/d.ts", `export const a = (b: any) => b as string;`, "no-explicit-any"],
  ["admin/d.ts", `export const a = (b?: string) => b!.length;`, "no-non-null-assertion"],
  ["shared/e.ts", `import { hash } from "crypto";\nexport const a = hash;`, "prefer-node-protocol"],
  ["shared/f.ts", `export const a = 1; // oxlint-disable-line no-console`, "Unused oxlint-disable"],
];

const allowed: [path: string, text: string][] = [
  ["web/main.ts", `process.once("SIGTERM", () => process.exit(process.env["PORT"] ? 0 : 1));`],
  ["local/sqs-engine/main.ts", `console.log(process.env["PORT"]);`],
  ["test/web/a.test.ts", `process.env["PORT"] = "1";`],
  ["web/routes/health.ts", `export default function routes() {}`],
];

/** @returns the lint output for these files in a copy of the house, without the rules that need types */
function lint(files: readonly (readonly [string, string, ...string[]])[]): string {
  const house = mkdtempSync(join(tmpdir(), "turnout-lint-"));
  t.teardown(() => rmSync(house, { recursive: true }));
  const rules = readFileSync(join(root, ".oxlintrc.json"), "utf8").replace('"typeAware": true', '"typeAware": false');
  writeFileSync(join(house, ".oxlintrc.json"), rules);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), `${text}\n`);
  }
  return oxlint(["--format", "unix"], house);
}

/** Installs it, where no check has yet. */
function oxlint(options: string[], cwd: string): string {
  // Without NODE_OPTIONS: the runner's import hooks, which go to every child, do not fit this program.
  const command = ["-u", "NODE_OPTIONS", join(root, "tools/run"), "oxlint", ...options];
  const { stdout, stderr } = spawnSync("env", command, { cwd, encoding: "utf8" });
  return stdout + stderr;
}

t.test("the linter forbids what this house forbids", async (t) => {
  const output = lint(forbidden);
  for (const [path, text, rule] of forbidden) {
    const found = output.split("\n").filter((line) => line.startsWith(`${path}:`));
    t.ok(
      found.some((line) => line.includes(rule)),
      `${path}: ${text}`,
    );
  }
});

t.test("and nothing where it is allowed", async (t) => {
  t.notMatch(lint(allowed), /\.ts:\d/);
});

t.test("the rules that need types are on: a promise that nobody waits for is found", async (t) => {
  const config = oxlint(["--print-config"], root);
  t.match(config, /"typeAware": true/);
  t.match(config, /"typescript\/no-floating-promises": "deny"/);
});
