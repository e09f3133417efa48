/** `npm run bench`: reads the command line, runs the suite, shows and writes the results. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { goalFigures } from "./goals.ts";
import { openLaboratory, type Laboratory } from "./laboratory.ts";
import { describeProvenance } from "./machine.ts";
import { defaultResults, help, readOptions, UsageError, type BenchOptions } from "./options.ts";
import { withResults } from "./report/document.ts";
import { resultCharts, resultPage } from "./report/page.ts";
import { resultTables } from "./report/table.ts";
import type { Results } from "./results.ts";
import { CountsDiffer } from "./scenarios/trial.ts";
import { spreadOf } from "./statistics.ts";
import { runSuite } from "./suite.ts";

const documentFile = new URL("../docs/performance.md", import.meta.url);

async function measure(laboratory: Laboratory, options: BenchOptions): Promise<Results> {
  const { quick, rounds } = options;
  const provenance = describeProvenance(["npm run bench", ...withSeparator(process.argv.slice(2))].join(" "));
  const measurements = await runSuite(laboratory, options, (line) => process.stderr.write(`${line}\n`));
  const cpuOf = (variant: string) =>
    spreadOf(measurements.trials.filter((t) => t.variant === variant).map((t) => t.cpuMicrosPerRegistration)).median;
  const cpu = { web: cpuOf("web/product"), worker: cpuOf("worker/product") };
  return {
    format: 1,
    ...provenance,
    quick,
    rounds,
    pinning: laboratory.pinning,
    cpuMicrosPerRegistration: {
      ...(!Number.isNaN(cpu.web) && { web: cpu.web }),
      ...(!Number.isNaN(cpu.worker) && { worker: cpu.worker }),
    },
    goals: goalFigures(measurements),
    ...measurements,
  };
}

function withSeparator(args: readonly string[]): string[] {
  return args.length === 0 ? [] : ["--", ...args];
}

function write(results: Results, file: string): void {
  const beside = file.replace(/\.json$/, "");
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  writeFileSync(`${beside}.html`, resultPage(results));
  const charts = resultCharts(results);
  if (charts !== undefined) writeFileSync(`${beside}.svg`, charts);
  if (file === defaultResults) writeFileSync(documentFile, withResults(readFileSync(documentFile, "utf8"), results));
  const shown = file === defaultResults ? " and in docs/performance.md" : "";
  process.stderr.write(`written: ${file}, with charts beside it${shown}\n`);
}

async function run(options: BenchOptions): Promise<number> {
  if (options.profileFolder !== undefined) mkdirSync(options.profileFolder, { recursive: true });
  const laboratory = await openLaboratory({ profileFolder: options.profileFolder });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void laboratory.close().then(() => process.exit(1)));
  }
  try {
    const results = await measure(laboratory, options);
    process.stdout.write(resultTables(results));
    if (options.json !== undefined) write(results, options.json);
    return 0;
  } catch (error) {
    if (!(error instanceof CountsDiffer)) throw error;
    process.stderr.write(`The counts do not agree, so no figure is worth anything: ${error.message}\n`);
    return 1;
  } finally {
    await laboratory.close();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) process.exitCode = await run(options);
  else process.stdout.write(help);
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  const told =
    error instanceof UsageError
      ? `${error.message}\n\n${help}`
      : `${error instanceof Error ? error.stack : String(error)}\n`;
  process.stderr.write(told);
}
