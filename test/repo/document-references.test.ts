/** What the documents refer to exists: files, headings, scripts, options. `turnout …`: `test/deploy/documented-commands`. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { readFlags } from "../../local/flags.ts";
import { codeIn, documents } from "./documents.ts";
import { filesBelow, productFolders, root } from "./source-tree.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** @returns what is wrong in all documents, each with the document */
function inDocuments(find: (text: string, path: string) => readonly string[]): string[] {
  return documents.flatMap((path) => find(read(path), path).map((what) => `${path}: ${what}`));
}

/** Names that npm has itself. */
const ofNpm = new Set(["ci", "install", "rebuild", "publish", "audit"]);

function missingScripts(text: string): string[] {
  const { lines, inline } = codeIn(text);
  const named = [...lines, ...inline].flatMap((line) =>
    Array.from(line.matchAll(/\bnpm (?:(run) (?:-s )?)?([a-z][a-z:-]*)/g), ([, run, name = ""]) => ({ run, name })),
  );
  return named.flatMap(({ run, name }) => {
    const exists = run === undefined ? ofNpm.has(name) || name in scripts || name === "run" : name in scripts;
    return exists ? [] : [`npm run ${name}`];
  });
}

t.test("every script that a document tells to run exists", async (t) => {
  t.strictSame(inDocuments(missingScripts), []);
  t.match(read("README.md"), /npm ci && npm start/);
  t.match(read("README.md"), /npm ci && npm test/);
});

/** Of `npm start` and `npm run dev`, whose options no other command has. */
function wrongOptions(text: string): string[] {
  const { lines, inline } = codeIn(text);
  return [...lines, ...inline].flatMap((line) => {
    const [, given] = /\bnpm (?:start|run dev) -- (.+?)\s*(?:[#|].*)?$/.exec(line) ?? [];
    if (given === undefined) return [];
    try {
      readFlags(given.split(/\s+/));
      return [];
    } catch (error) {
      return [`${line}: ${(error as Error).message}`];
    }
  });
}

t.test("every option of npm start and npm run dev in a document is one that they take", async (t) => {
  t.strictSame(inDocuments(wrongOptions), []);
});

/** As GitHub makes them from headings; the second of a name gets a number. */
function anchors(text: string): Set<string> {
  const found = new Map<string, number>();
  const headings = text.replace(/```[\s\S]*?```/g, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    Array.from(headings, ([, heading = ""]) => {
      const anchor = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(/\s/g, "-");
      const earlier = found.get(anchor) ?? 0;
      found.set(anchor, earlier + 1);
      return earlier === 0 ? anchor : `${anchor}-${earlier}`;
    }),
  );
}

function links(text: string): string[] {
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

function brokenLinks(text: string, path: string): string[] {
  return links(text).filter((target) => {
    const [file = "", anchor] = target.split("#");
    const found = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(root, found))) return true;
    return anchor !== undefined && !anchors(file === "" ? text : read(found)).has(anchor);
  });
}

t.test("every link between documents leads somewhere", async (t) => {
  t.strictSame(inDocuments(brokenLinks), []);
  t.ok(documents.flatMap((path) => links(read(path))).length > 50, "control: links were found");
});

const folders = [...productFolders, "bench", "test", "docs", "monitoring", "tools"];
const files = folders.flatMap((folder) => filesBelow(folder).map((file) => `/${file}`));
/** Ends like a file of this repository, or is a folder. */
const pathLike = /^(?!https?:|\/)[\w.@-]*\w(?:\/[\w.@-]+)*(?:\/|\.(?:ts|js|eta|css|json|yaml|yml|md|html|conf|sh))$/;
/** Made by a program when it runs. */
const madeLater = /^(?:\.turnout|cdk\.out|dist|node_modules)\//;
/** Decisions stay as they were written. */
const isHistory = (path: string) => path.startsWith("docs/decisions/") || path === "CHANGELOG.md";

/** A document may leave out the folder that it writes about: `network.ts` in a table about `infra/`. */
function missingPaths(text: string): string[] {
  const { lines, inline } = codeIn(text);
  const inBlocks = lines
    .filter((line) => /^(?:npx tap|tools\/run|node) /.test(line))
    .flatMap((line) => line.split(/\s+/).filter((word) => folders.some((folder) => word.startsWith(`${folder}/`))));
  return [...inBlocks, ...inline]
    .filter((one) => pathLike.test(one) && !madeLater.test(one))
    .filter((one) => {
      if (existsSync(join(root, one))) return false;
      return !files.some((file) => (one.endsWith("/") ? file.includes(`/${one}`) : file.endsWith(`/${one}`)));
    });
}

t.test("every file and folder that a document names is there", async (t) => {
  t.strictSame(
    inDocuments((text, path) => (isHistory(path) ? [] : missingPaths(text))),
    [],
  );
  const named = documents.flatMap((path) => codeIn(read(path)).inline.filter((one) => pathLike.test(one)));
  t.ok(named.length > 100, `control: ${named.length} were found`);
});

t.test("control: what does not exist is found", async (t) => {
  const none = [
    [missingScripts, "`npm run devv`"],
    [missingScripts, "```sh\nnpm ci && npm strat\n```"],
    [wrongOptions, "`npm start -- --date DIR`"],
    [wrongOptions, "```sh\nnpm run dev -- --inspect console   # a tier\n```"],
    [brokenLinks, "[a](docs/nothing.md)"],
    [brokenLinks, "[a](docs/operations.md#nothing)"],
    [brokenLinks, "# A heading\n\n[a](#another)"],
    [missingPaths, "`web/page/nothing.ts`"],
    [missingPaths, "`nothing.ts`"],
    [missingPaths, "`web/nothing/`"],
    [missingPaths, "```sh\nnpx tap test/web/nothing.unit.test.ts\n```"],
  ] as const;
  for (const [find, text] of none) t.equal(find(text, "README.md").length, 1, text);
  const sound = [
    [missingScripts, "`npm ci`, `npm run dev`"],
    [wrongOptions, "`npm start -- --data DIR`"],
    [brokenLinks, "# A heading\n\n[a](#a-heading), [b](docs/operations.md#watch), [c](https://example.org/#x)"],
    [missingPaths, "`network.ts`, `web/`, `application/json`, `Europe/Berlin`, `cdk.out/outputs.json`, `.ts`"],
  ] as const;
  for (const [find, text] of sound) t.strictSame(find(text, "README.md"), [], text);
});
