import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { errorCatalogue, TurnoutError, type ErrorCode } from "../../shared/errors.ts";
import { toProblem } from "../../web/http/problem.ts";
import { capacityPath, withCosts } from "./capacity-document.ts";
import { configurationDocument, configurationPath } from "./configuration-document.ts";
import { readmePath, reliabilityPath, withProof, withSum } from "./proof-documents.ts";
import { filesBelow, productFolders, root } from "./source-tree.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** @returns each section of a document below its heading of this level */
function sections(text: string, level: number): Map<string, string> {
  const parts = text.split(new RegExp(`^${"#".repeat(level)} `, "m")).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end).trim(), part.slice(end)];
    }),
  );
}

t.test(
  "every error of the catalogue is explained, with its title, status, cause and remedy, and no other is",
  async (t) => {
    const explained = sections(read("docs/errors.md"), 3);
    t.same([...explained.keys()].toSorted(), Object.keys(errorCatalogue).toSorted());
    for (const [code, { title, retryable }] of Object.entries(errorCatalogue)) {
      const text = explained.get(code) ?? "";
      const [summary = ""] = text.trim().split("\n");
      const { status } = toProblem(new TurnoutError(code as ErrorCode, title));
      const answered = status === 500 && code !== "TURNOUT_INTERNAL" ? "" : ` · HTTP ${status}`;
      t.equal(summary, `${title}${answered} · try again: ${retryable ? "yes" : "no"}`, code);
      t.match(text, /^\*\*Cause\.\*\* \S[\s\S]*^\*\*Remedy\.\*\* \S/m, code);
    }
  },
);

t.test("the configuration's document is in step with the schemas (npm run docs brings it there)", async (t) => {
  t.equal(read(configurationPath), configurationDocument());
});

t.test("the costs in the capacity document are what the command prints (npm run docs brings them there)", async (t) => {
  const document = read(capacityPath);
  t.equal(document, await withCosts(document));
  const wrong = document.replace(/\*\*\$[\d.,]+\*\*/, "**$1.00**");
  t.not(wrong, document, "control: there is a sum in it");
  t.not(wrong, await withCosts(wrong), "control: another sum is noticed");
});

t.test("the proof in the README is what was measured (npm run docs brings it there)", async (t) => {
  const document = read(readmePath);
  t.equal(document, withProof(document));
  const wrong = document.replace("**Lost: 0**", "**Lost: 1**");
  t.not(wrong, document, "control: there is a figure in it");
  t.equal(withProof(wrong), document, "control: another figure is noticed");
  t.equal(read(reliabilityPath), withSum(read(reliabilityPath)), "and its sum where the rounds are told");
});

t.test("every task that Beanstalk's daemon posts is one that the worker has", async (t) => {
  const { cron } = parse(read("cron.yaml")) as { cron: { name: string; url: string; schedule: string }[] };
  const tasks = /tasks: \{([^}]*)\}/.exec(read("worker/main.ts"))?.[1] ?? "";
  const known = Array.from(tasks.matchAll(/"([a-z-]+)":/g), ([, name]) => `/tasks/${name}`);
  t.ok(known.length > 0, "control: the worker's tasks were found");
  t.same(cron.map(({ url }) => url).toSorted(), known.toSorted());
  for (const { name, url } of cron) t.equal(url, `/tasks/${name}`);
});

t.test("every script names a file that exists", async (t) => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  for (const [name, script] of Object.entries(scripts)) {
    for (const [, path = ""] of script.matchAll(/\bnode ([\w./-]+\.ts)/g))
      t.ok(existsSync(join(root, path)), `${name}: ${path}`);
  }
});

t.test("every decision is numbered, and has its context, what was decided and what follows", async (t) => {
  const decisions = readdirSync(join(root, "docs/decisions")).toSorted();
  for (const [index, name] of decisions.entries()) {
    const number = index + 1;
    t.match(name, new RegExp(`^${String(number).padStart(4, "0")}-[a-z0-9-]+\\.md$`));
    const text = read(`docs/decisions/${name}`);
    t.match(text, new RegExp(`^# ${number}\\. `), name);
    t.same([...sections(text, 2).keys()], ["Context", "Decision", "Consequences"], name);
  }
});

t.test("every decision that the source refers to exists", async (t) => {
  const decisions = readdirSync(join(root, "docs/decisions"));
  for (const folder of productFolders) {
    for (const path of filesBelow(folder).filter((file) => file.endsWith(".ts"))) {
      for (const [, number = ""] of read(path).matchAll(/docs\/decisions\/(\d{4})/g)) {
        t.ok(
          decisions.some((name) => name.startsWith(number)),
          `${path} → ${number}`,
        );
      }
    }
  }
});
