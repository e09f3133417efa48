/** One term for one thing: words that the field's own terms have replaced must not come back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { filesBelow, productFolders, root } from "./source-tree.ts";

interface Retired {
  readonly word: RegExp;
  /** What is said instead. */
  readonly term: string;
  /** Paths in which the word is right. */
  readonly except?: RegExp;
}

const retired: readonly Retired[] = [
  { word: /\bblott(?:er|ed)s?\b/i, term: "redactor" },
  { word: /\bspare ?time\b/i, term: "idle ratio" },
  { word: /(?<!\bbe )\bundone\b/i, term: "unfinished" },
  { word: /\bjudg(?:e|es|ed|ing|ement|ments?)\b/i, term: "checker; check, decide, validate" },
  { word: /\bdesks?\b/i, term: "service" },
  { word: /\b(?:a|each|every|first|last|one|two|between|the) looks?\b/i, term: "poll, read, check" },
  { word: /\blook(?:s|ed|ing)? (?:at|into)\b/i, term: "poll, read, check" },
  { word: /\brefusals?\b/i, term: "rejection" },
  { word: /\b(?:im)?patien(?:t|ce|tly)\b/i, term: "retry, timeout" },
  { word: /(?<!\bfront )\bdoors?\b/i, term: "listener", except: /^(?:test\/)?load\/|^test\/faults\// },
  { word: /\bsights?\b/i, term: "snapshot" },
  { word: /\bgates?\b/i, term: "access guard" },
  { word: /\bpassing (?:errors?|faults?|reasons?)\b|\b(?:isPassing|passingReasons)\b/i, term: "transient" },
  { word: /\badmin log\b|\badmin-log\.ts|AdminLog/i, term: "audit log" },
  { word: /\bin line\b(?! with)|\bline for the queue\b/i, term: "buffer, queue" },
  {
    word: /(?<![$\w])(?<!your )faults?\b(?! prox|\/)/i,
    term: "validation error, AWS error, system error; injected fault",
    except: /^(?:test\/faults|bench)\/|^(?:docs\/(?:reliability|architecture)|README)\.md$/,
  },
  // The same inside of identifiers.
  {
    word: /[a-z](?:Judge|Desk|Look|Refusal|Patien(?:t|ce)|Sight|Gate|Undone|Blotter)(?![a-z]*way)/,
    term: "as above",
    except: /^infra\/|^test\/(?:infra|browser)\//,
  },
  { word: /(?:[a-z](?<!Sender)Faults?\b|\bfault[A-Z])/, term: "…Error", except: /^test\/faults\// },
  { word: /\bstands? on the list\b|\bsteh(?:t|en) auf der Liste\b/i, term: "is registered" },
];

/** `results` are records of earlier runs. */
const folders = [...productFolders, "bench", "docs"] as const;
const tests = ["browser", "equipment", "faults", "flow", ...folders.filter((folder) => folder !== "docs")];
const paths = [...folders, ...tests.map((folder) => `test/${folder}`)]
  .flatMap(filesBelow)
  .filter((path) => /\.(?:ts|js|eta|json|md|css)$/.test(path) && !/\/results\.|^docs\/screenshots\//.test(path));

/** @returns what is retired in a text, each with the term that takes its place */
function findRetired(path: string, text: string): string[] {
  const words = retired.filter(({ except }) => !except?.test(path));
  return text.split("\n").flatMap((line, index) =>
    words.flatMap(({ word, term }) => {
      const found = word.exec(line);
      return found ? [`${path}:${index + 1}: "${found[0]}", say ${term}`] : [];
    }),
  );
}

t.test("no retired word is used in the product, its tests and documents", async (t) => {
  for (const path of ["README.md", ...paths]) {
    const found = findRetired(path, readFileSync(join(root, path), "utf8"));
    if (found.length > 0) t.fail(found.join("\n"));
  }
  t.ok(paths.length > 400, "control: files were read");
});

t.test("control: each retired word is found, and what only resembles one is not", async (t) => {
  const samples = [
    "a blotter",
    "spareTime",
    "left undone",
    "the judge",
    "a desk",
    "two looks",
    "looked at",
    "a refusal",
    "patience",
    "at the door",
    "out of sight",
    "a gate",
    "a passing error",
    "the admin log",
    "first in line",
    "a fault of the system",
    "createJudge",
    "schemaFaults",
    "it stands on the list",
  ];
  for (const sample of samples) t.equal(findRetired("web/x.ts", sample).length > 0, true, sample);
  t.equal(new Set(samples.map((sample) => findRetired("web/x.ts", sample)[0])).size, retired.length);
  const sound = [
    "default",
    "surrogate",
    "natGateway",
    "$fault",
    "looks like",
    "cannot be undone",
    "public HTTP API",
    "one line",
  ];
  for (const sample of sound) t.same(findRetired("web/x.ts", sample), [], sample);
});
