import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import t from "tap";
import { importsOf } from "./imports.ts";
import { productFolders, root, sourceFiles, type SourceFile } from "./source-tree.ts";

/** What each folder may import of the repository besides itself. Nobody imports `bench` and `test`. */
const neighbours: Record<string, readonly string[]> = {
  shared: [],
  web: ["shared/"],
  worker: ["shared/"],
  local: ["shared/"],
  terminal: ["shared/"],
  admin: ["terminal/", "shared/"],
  console: ["admin/", "terminal/", "shared/"],
  load: ["admin/", "terminal/", "shared/"],
  // To verify a stack it registers somebody and exports what was stored.
  deploy: ["load/", "admin/", "terminal/", "shared/"],
  // The pages as attendees get them: a copy of the web tier with nothing behind it.
  preview: ["web/", "terminal/", "shared/"],
  cli: ["console/", "deploy/", "load/", "preview/", "admin/", "terminal/", "shared/"],
  // The numbers that `turnout plan` simulates, when the event opens, and the rights that `turnout doctor` tries: the rest of
  // the contract is the environment.
  infra: [
    "shared/registration/event-definition.ts",
    "shared/registration/event-translation.ts",
    "shared/aws/scaling-policy.ts",
    "shared/aws/people-grants.ts",
    "shared/aws/tier-grants.ts",
  ],
};

/** Who imports what it only knows at run time, and why. */
const computed: Record<string, string> = {
  "local/install-check.js": "asks whether packages are installed, which it lists itself, and loads none",
  "infra/bundle/main.ts": "starts the tier that the environment names, from the root of the zip",
  "console/assets.ts": "finds the files of the browser libraries that it serves, which it lists itself",
};

/** The folders that run where only production dependencies are installed. */
const deployed = new Set(["web", "worker", "shared"]);

const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};

function folderOf(path: string): string {
  return path.slice(0, path.indexOf("/") + 1);
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** @returns what in a file breaks the rules, in words */
function breaches({ path, text }: SourceFile): string[] {
  const folder = folderOf(path).slice(0, -1);
  return importsOf(text).flatMap(({ specifier, typeOnly }) => {
    if (specifier === undefined) return path in computed ? [] : [`${path} imports what it computes at run time`];
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(path), specifier);
      const allowed = [`${folder}/`, ...(neighbours[folder] ?? [])];
      return allowed.some((prefix) => target === prefix || (prefix.endsWith("/") && target.startsWith(prefix)))
        ? []
        : [`${path} imports ${target}`];
    }
    if (specifier.startsWith("/") || specifier.startsWith("#")) return [`${path} imports ${specifier}`];
    if (specifier.startsWith("node:") || typeOnly || !deployed.has(folder)) return [];
    const name = packageOf(specifier);
    if (name in dependencies) return [];
    return [`${path} imports ${name}, which is no production dependency`];
  });
}

t.test("every folder imports only itself and what it may, and the tiers only what is deployed with them", async (t) => {
  for (const file of sourceFiles(productFolders)) t.same(breaches(file), [], file.path);
});

t.test("control: a forbidden import is found, in whatever way it is written", async (t) => {
  const forbidden: [path: string, text: string][] = [
    ["web/a.ts", `import { createDrain } from "../worker/drain.ts";`],
    ["web/a.ts", `import type { Drain } from "../worker/drain.ts";`],
    ["web/a.ts", `import {\n  a,\n  b,\n} from "../worker/drain.ts";`],
    ["web/a.ts", `import "../worker/drain.ts";`],
    ["web/a.ts", `export { createDrain } from "../worker/drain.ts";`],
    ["web/a.ts", `export * from "../worker/drain.ts";`],
    ["web/a.ts", `const { createDrain } = await import("../worker/drain.ts");`],
    ["web/a.ts", `const drain = await import(\n  "../worker/drain.ts"\n);`],
    ["web/a.ts", `const worker = new Worker(new URL("../worker/drain.ts", import.meta.url));`],
    ["web/a.ts", `const name = "../worker/drain.ts";\nawait import(name);`],
    ["web/a.ts", "await import(`../${folder}/drain.ts`);"],
    ["web/a.ts", `import { parse } from "csv-parse";`],
    ["web/a.ts", `import "@faker-js/faker";`],
    ["web/a.ts", `import x from "/etc/passwd";`],
    ["web/routes/a.ts", `import { createDrain } from "../../worker/drain.ts";`],
    ["worker/a.ts", `import { buildApp } from "../web/app.ts";`],
    ["shared/a.ts", `import { buildApp } from "../web/app.ts";`],
    ["local/a.ts", `import { buildApp } from "../web/app.ts";`],
    ["admin/a.ts", `import { startStack } from "../local/stack.ts";`],
    ["admin/a.ts", `import { people } from "../test/equipment/people.ts";`],
    ["admin/a.ts", `import { runConsole } from "../console/console.ts";`],
    ["terminal/a.ts", `import { audit } from "../admin/audit/audit.ts";`],
    ["load/a.ts", `import { verify } from "../deploy/commands/verify.ts";`],
    ["console/a.ts", `import { people } from "../load/people/people.ts";`],
    ["cli/a.ts", `import { buildApp } from "../web/app.ts";`],
    ["preview/a.ts", `import { audit } from "../admin/audit/audit.ts";`],
    ["infra/a.ts", `import { WebConfig } from "../web/config.ts";`],
    ["infra/a.ts", `import { errorCatalogue } from "../shared/errors.ts";`],
    ["local/a.ts", `import manifest from "../package.json" with { type: "json" };`],
    ["bench/a.ts", `import { buildApp } from "../web/app.ts";`],
  ];
  for (const [path, text] of forbidden) t.equal(breaches({ path, text }).length, 1, `${path}: ${text}`);
  const allowed: [path: string, text: string][] = [
    [
      "web/routes/a.ts",
      `import { buildApp } from "../app.ts";\nimport { TurnoutError } from "../../shared/errors.ts";`,
    ],
    ["web/a.ts", `import Fastify from "fastify";\nimport { hash } from "node:crypto";`],
    ["web/a.ts", `import type { Options } from "csv-parse";`],
    ["web/a.ts", `// import { createDrain } from "../worker/drain.ts";`],
    ["web/a.ts", `/**\n * import { createDrain } from "../worker/drain.ts"\n */\nexport const a = 1;`],
    ["infra/a.ts", `import { loadEvent } from "../shared/registration/event-definition.ts";`],
    ["admin/a.ts", `import { parse } from "csv-parse/sync";`],
  ];
  for (const [path, text] of allowed) t.same(breaches({ path, text }), [], `${path}: ${text}`);
});
