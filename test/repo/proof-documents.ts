/**
 * Writes the proof in `README.md` from what was measured: the rounds of faults, the benchmark, and the costs in the capacity
 * document; and the sum of the rounds where `docs/reliability.md` begins. `npm run docs` puts both in their places; a test fails
 * while they are not in step.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withPart, type Marks } from "../../bench/report/marked-part.ts";
import { figure } from "../../bench/report/words.ts";
import type { Results } from "../../bench/results.ts";
import { spreadOf } from "../../bench/statistics.ts";
import type { Result } from "../faults/results.ts";
import { root } from "./source-tree.ts";

export const readmePath = "README.md";

export const reliabilityPath = "docs/reliability.md";

const proofMarks: Marks = [
  "<!-- proof: written by `npm run docs` from the results; change those, not these lines -->",
  "<!-- /proof -->",
];
const sumMarks: Marks = ["<!-- sum: written by `npm run docs` from test/faults/results.json -->", "<!-- /sum -->"];

const read = (path: string) => readFileSync(join(root, path), "utf8");
const number = (count: number) => count.toLocaleString("en");
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What the rounds came to, all together. */
function faultsSum(results: readonly Result[]) {
  return {
    accepted: number(sum(results.map(({ audit }) => audit.accepted))),
    kills: number(sum(results.map(({ chaos }) => chaos.kills))),
    spoilt: number(sum(results.flatMap(({ faults }) => Object.values(faults)))),
    lost: sum(results.map(({ audit }) => audit.lost + audit.queued)),
    wrong: sum(results.map(({ audit, writtenTwice }) => audit.duplicated + writtenTwice + audit.corrupt)),
  };
}

const readRounds = () => JSON.parse(read("test/faults/results.json")) as Result[];

function faultsItem(): string {
  const { accepted, kills, spoilt, lost, wrong } = faultsSum(readRounds());
  return (
    `- **Lost: ${lost}** of ${accepted} accepted registrations, and ${wrong} stored twice or changed, while ${kills} processes were ` +
    `killed by \`kill -9\` and ${spoilt} calls to the queue and the tables were disturbed ` +
    "([reliability](docs/reliability.md), `npm run faults`)."
  );
}

function faultsSentence(): string {
  const results = readRounds();
  const { accepted, kills, spoilt, lost, wrong } = faultsSum(results);
  const clean = results.filter((result) => result.clean).length;
  return (
    `In the ${results.length} rounds below ${accepted} registrations were accepted while ${kills} processes were killed and ${spoilt} calls ` +
    `disturbed. **Lost: ${lost}. Stored twice or changed: ${wrong}.** Clean: ${clean} of ${results.length} rounds.`
  );
}

function speedItem({ trials, machine, goals }: Results): string {
  const perSecond = (variant: string) =>
    number(
      Math.round(spreadOf(trials.filter((t) => t.variant === variant).map((t) => t.perSecond)).median / 100) * 100,
    );
  const added = goals.find(({ name }) => name === "latency");
  const latency = added
    ? ` At 300 a second an answer takes ${figure(added.median)} ms longer than a bare \`SendMessage\``
    : "";
  return (
    `- **Speed:** one web process accepts ${perSecond("web/product")} a second and one worker process stores ${perSecond("worker/product")}, ` +
    `each on one of ${machine.processors} cores, with stand-ins for SQS and DynamoDB.${latency} ` +
    "([performance](docs/performance.md), `npm run bench`)."
  );
}

function costItem(capacity: string): string {
  const cells = (row: string) => {
    const line = capacity.split("\n").find((one) => one.startsWith(`| ${row}`)) ?? "";
    return line.split("|").map((cell) => cell.replaceAll("*", "").trim());
  };
  const heads = cells("people in");
  const rush = cells("**this rush**");
  const at = heads.indexOf("1,000,000");
  if (at === -1 || !rush[at]) throw new Error("docs/capacity.md does not tell the cost of a million.");
  return (
    `- **Cost:** ${rush[at]} for a rush of a million people in ten minutes, at AWS's list prices ` +
    "([capacity](docs/capacity.md), `npm run turnout -- plan`)."
  );
}

function proof(): string {
  const results = JSON.parse(read("bench/results.json")) as Results;
  return [faultsItem(), speedItem(results), costItem(read("docs/capacity.md"))].join("\n");
}

/** @param document with its two marks @returns the same with the latest results between them */
export const withProof = (document: string) => withPart(document, proofMarks, proof());
export const withSum = (document: string) => withPart(document, sumMarks, faultsSentence());

if (import.meta.main) {
  for (const [path, write] of [
    [readmePath, withProof],
    [reliabilityPath, withSum],
  ] as const) {
    writeFileSync(join(root, path), write(read(path)));
  }
}
