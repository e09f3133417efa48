/**
 * The results of rounds, kept: `results.json` holds the latest ones whole, `docs/reliability.md` shows them to people.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { withPart, type Marks } from "../../bench/report/marked-part.ts";
import type { RoundReport } from "./round.ts";

export interface Result extends RoundReport {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..", "..");
const resultsFile = join(import.meta.dirname, "results.json");
const documentFile = join(root, "docs", "reliability.md");
const keptResults = 12;
const marks: Marks = ["<!-- rounds: written by npm run faults -->", "<!-- /rounds -->"];

function versionOf(name: string): string {
  const manifest = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "unknown";
  }
}

/** @returns the report with what one has to know to do it again */
export function describeResult(report: RoundReport, command: string, at: Date): Result {
  const [processor] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    at: at.toISOString(),
    command,
    commit: commit(),
    machine: `${availableParallelism()} × ${processor?.model.trim() ?? "unknown"}, ${memory} GiB, ${process.platform} ${process.arch}`,
    versions: { node: process.versions.node, fauxqs: versionOf("fauxqs"), "sqs-consumer": versionOf("sqs-consumer") },
    ...report,
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function number(count: number): string {
  return count.toLocaleString("en");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function list(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).toSorted(([, left], [, right]) => right - left);
  return sorted.map(([name, count]) => `${name} ${number(count)}`).join(", ");
}

function changeRows({ audit, crowd, mails, chaos }: Result): [string, string][] {
  return [
    [
      "**stale** (a later correction or a withdrawal without effect)",
      `**${number(audit.stale + audit.changesQueued)}**`,
    ],
    ["corrections, withdrawals accepted", `${number(audit.corrections)}, ${number(crowd.withdrawals)}`],
    ["withdrawn", number(audit.withdrawn)],
    ["**mails missing**", `**${number(audit.mailsMissing + audit.mailsQueued)}**`],
    [
      "confirmations sent, explained (of a second registration within a day, mostly)",
      `${number(audit.mailsSent)}, ${number(audit.mailsExplained)}`,
    ],
    [
      "mails of all kinds that SES took, of them repeated after a kill",
      `${number(mails.taken)}, ${number(mails.repeated)}`,
    ],
    ["times when SES took no mails", number(chaos.mailTroubles)],
  ];
}

/** @returns one result for people, as Markdown */
export function showResult(result: Result): string {
  const { audit, chaos, crowd, faults, poison } = result;
  const rows: [string, string][] = [
    ["accepted", number(audit.accepted)],
    ["**lost**", `**${number(audit.lost + audit.queued)}**`],
    ["**duplicated**", `**${number(audit.duplicated + result.writtenTwice)}**`],
    ["**unexpected**", `**${number(audit.unexpected)}**`],
    ["**corrupt**", `**${number(audit.corrupt)}**`],
    // Results from before there were changes have no figures of them.
    ...(audit.corrections === undefined ? [] : changeRows(result)),
    ["stored", number(audit.stored)],
    ["duplicates of a stored address", number(audit.duplicates)],
    ["good ones dead-lettered", number(audit.deadLettered)],
    ["recovered (no clear answer, and there all the same)", number(audit.recovered)],
    [
      "poison put on the queue / dead-lettered with the right reason",
      `${number(poison.put)} / ${number(poison.deadLettered)}`,
    ],
    ["people, attempts", `${number(crowd.people)}, ${number(crowd.attempts)}`],
    ["attempts rejected, without a clear answer", `${number(crowd.rejected)}, ${number(crowd.unknown)}`],
    ["kill -9", `${number(chaos.kills)}: ${list(chaos.killsByMoment)}`],
    ["SIGTERM", `${number(chaos.terminations)}: ${list(chaos.terminationsByEnd)}`],
    ["calls spoilt", `${number(total(faults))}: ${list(faults)}`],
    ["messages delivered again", number(result.redeliveries)],
    ["duration, drain and audit included", `${number(result.seconds)} s`],
  ];
  return [
    `### Seed ${result.seed}: ${result.clean ? "clean" : "NOT CLEAN"}`,
    "",
    `\`${result.command}\` on ${result.at.slice(0, 10)}, commit ${result.commit}, ${result.webs} web and ${result.workers} worker`,
    `instances. ${result.machine}; Node ${result.versions.node}.`,
    "",
    table(["what", "figure"], rows),
  ].join("\n");
}

/** Adds a result to those that are kept, and writes the newest of each seed and command into the document. */
export function saveResult(result: Result): void {
  const known = existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, "utf8")) as Result[]) : [];
  const others = known.filter(({ seed, command }) => seed !== result.seed || command !== result.command);
  const results = [result, ...others].slice(0, keptResults);
  writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
  const document = readFileSync(documentFile, "utf8");
  const shown = results.map(showResult).join("\n\n");
  writeFileSync(documentFile, withPart(document, marks, `\n${shown}\n`));
}
