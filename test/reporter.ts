/**
 * What a test run prints: a line for each file, each failure with its details, and at the end what was skipped and why, and what failed.
 *
 *     ok    test/shared/registration/event-definition.test.ts  14 passed (0.41 s)
 *     FAIL  test/web/status/receipts.test.ts  7 passed, 1 failed (0.22 s)
 *
 * It reads the TAP of the runner, which names it in `.taprc`, and decides nothing: whether the run failed is tap's word.
 * A test is a block with assertions; a block that only holds other tests is a heading, and assertions are not counted.
 */
import { Transform, type TransformCallback } from "node:stream";

interface Failure {
  readonly title: string;
  /** Lines of the YAML block below the failed point, its indentation removed. */
  readonly details: string[];
}

interface Block {
  readonly title: string;
  holdsTests: boolean;
  assertions: number;
  /** Reasons of the skipped assertions. */
  readonly skips: string[];
  /** Failed points directly inside. */
  readonly failures: Failure[];
  failedInside: boolean;
}

interface Skip {
  readonly title: string;
  readonly reason: string;
}

interface FileReport {
  passed: number;
  failed: number;
  skipped: number;
  readonly failures: { readonly path: string; readonly points: readonly Failure[] }[];
  readonly comments: string[];
  /** What the file wrote besides TAP, the last lines of it: shown when it fails. */
  readonly output: string[];
}

const point = /^((?:not )?ok)(?: \d+)?(?: - (.*))?$/;
const directive = /(?<!\\) # (skip|todo)\b ?(.*)$/i;
const duration = /(?<!\\) # time=([\d.]+)ms$/;
const keptOutputLines = 15;

/** Of what tap tells about a failed point, what a reader needs: not the code around it where a stack leads there. */
function withoutNoise(details: readonly string[]): string[] {
  const noise = details.some((line) => line.startsWith("stack:"))
    ? /^(at|source|compare|stdio|cwd|externalID|command|args|jobId|handles|requests):/
    : /^(compare|stdio|cwd|externalID|command|args|jobId|handles|requests):/;
  let dropping = false;
  return details.filter((line) => {
    if (/^\S/.test(line)) dropping = noise.test(line);
    return !dropping;
  });
}

function newReport(): FileReport {
  return { passed: 0, failed: 0, skipped: 0, failures: [], comments: [], output: [] };
}

function counts({ passed, failed, skipped }: Pick<FileReport, "passed" | "failed" | "skipped">): string {
  return `${passed} passed${failed ? `, ${failed} failed` : ""}${skipped ? `, ${skipped} skipped` : ""}`;
}

/** @returns the file whose time was over: tap tells it once more at the end, as if the time-out were a file of its own */
function expiredFile({ failures }: FileReport): string | undefined {
  const [only] = failures.length === 1 ? failures : [];
  if (only?.path !== "timeout!") return undefined;
  return only.points[0]?.details.find((line) => line.startsWith("expired: "))?.slice("expired: ".length);
}

export default class Reporter extends Transform {
  readonly #started = performance.now();
  readonly #total = { passed: 0, failed: 0, skipped: 0 };
  readonly #skips: Skip[] = [];
  readonly #failedFiles = new Set<string>();
  /** Said again at the end, since somebody may have only the last screen of a long run. */
  readonly #failedTests: string[] = [];
  #blocks: Block[] = [];
  #file = newReport();
  /** A finished file, printed once the details that may follow its last line have been read. */
  #finished: (() => string) | undefined;
  #details: { readonly indent: number; readonly lines: string[] } | undefined;
  #lastFailure: Failure | undefined;
  #rest = "";

  override _transform(chunk: Buffer | string, _encoding: string, done: TransformCallback): void {
    const lines = (this.#rest + chunk.toString()).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#line(this.#rest);
    this.#printFinished();
    if (this.#skips.length > 0) {
      this.push(`\nSkipped:\n${this.#skips.map((skip) => `  ${skip.title}: ${skip.reason}\n`).join("")}`);
    }
    if (this.#failedTests.length > 0)
      this.push(`\nFailed:\n${this.#failedTests.map((test) => `  ${test}\n`).join("")}`);
    const { passed, failed, skipped } = this.#total;
    const seconds = ((performance.now() - this.#started) / 1_000).toFixed(1);
    this.push(`\n${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)\n`);
    done();
  }

  #line(line: string): void {
    const text = line.trimStart();
    const indent = line.length - text.length;
    if (this.#details) {
      if (text === "..." && indent === this.#details.indent) this.#details = undefined;
      else this.#details.lines.push(line.slice(this.#details.indent));
      return;
    }
    if (text === "---") {
      this.#details = { indent, lines: this.#lastFailure?.details ?? [] };
      return;
    }
    this.#lastFailure = undefined;
    if (text === "") return;
    this.#printFinished();
    const depth = indent / 4;
    if (text.startsWith("# Subtest: ")) {
      this.#open(depth, text.slice("# Subtest: ".length));
      return;
    }
    const match = Number.isInteger(depth) && depth <= this.#blocks.length ? point.exec(text) : null;
    if (match) this.#point(depth, match[1] === "ok", match[2] ?? "");
    else if (/^(1\.\.\d+|TAP version|# time=|# \{ total|# No coverage)/.test(text)) return;
    else if (text.startsWith("# ")) this.#file.comments.push(text);
    else if (this.#file.output.push(line) > keptOutputLines) this.#file.output.shift();
  }

  #open(depth: number, title: string): void {
    const parent = this.#blocks[depth - 1];
    if (parent) parent.holdsTests = true;
    this.#blocks.length = depth;
    this.#blocks.push({
      title: title.replaceAll("\\#", "#"),
      holdsTests: false,
      assertions: 0,
      skips: [],
      failures: [],
      failedInside: false,
    });
  }

  #point(depth: number, ok: boolean, rest: string): void {
    const time = duration.exec(rest);
    const untimed = time ? rest.slice(0, time.index) : rest;
    const mark = directive.exec(untimed);
    const title = (mark ? untimed.slice(0, mark.index) : untimed).replaceAll("\\#", "#");
    const reason = mark
      ? `${mark[1]?.toLowerCase() === "todo" ? "still to do. " : ""}${mark[2] ?? ""}`.trim()
      : undefined;
    const block = this.#blocks[depth];
    const failure: Failure | undefined = ok || reason !== undefined ? undefined : { title, details: [] };
    this.#lastFailure = failure;
    if (block) this.#close(depth, block, reason, failure);
    else this.#assertion(depth, title, reason, failure);
    if (depth === 0) this.#endFile(title, Number(time?.[1] ?? 0));
  }

  #assertion(depth: number, title: string, reason: string | undefined, failure: Failure | undefined): void {
    const parent = this.#blocks[depth - 1];
    if (depth <= 1 || !parent) {
      if (parent) parent.holdsTests = true;
      this.#count(depth, title, reason, failure ? [failure] : undefined);
      return;
    }
    if (failure) parent.failures.push(failure);
    else if (reason === undefined) parent.assertions += 1;
    else parent.skips.push(reason || title);
  }

  #close(depth: number, block: Block, reason: string | undefined, failure: Failure | undefined): void {
    const unfinished = this.#blocks.at(-1);
    if (unfinished && unfinished !== block) {
      // The process ended in the middle of a test: its block was never closed, and why stands below the file's own point.
      const points = unfinished.failures.length > 0 ? unfinished.failures : failure ? [failure] : undefined;
      if (points) this.#count(this.#blocks.length - 1, `${unfinished.title} (did not finish)`, undefined, points);
    }
    this.#blocks.length = depth;
    if (depth === 0 && !failure && reason === undefined) return;
    const points = block.failures.length > 0 ? block.failures : failure && !block.failedInside ? [failure] : undefined;
    const onlySkips =
      block.skips.length > 0 && block.assertions === 0 && !block.holdsTests ? block.skips[0] : undefined;
    // A heading is counted only when it failed by itself.
    if (block.holdsTests && !points && reason === undefined) return;
    if (depth === 0 && !points && reason === undefined) return;
    this.#count(depth, block.title, reason ?? onlySkips, points);
  }

  #count(depth: number, title: string, reason: string | undefined, points: readonly Failure[] | undefined): void {
    const path = [...this.#blocks.slice(1, depth).map((block) => block.title), title].join(" > ");
    if (points) {
      this.#file.failed += 1;
      this.#file.failures.push({ path, points });
      for (const block of this.#blocks) block.failedInside = true;
    } else if (reason === undefined) this.#file.passed += 1;
    else {
      this.#file.skipped += 1;
      const file = this.#blocks[0]?.title;
      this.#skips.push({ title: file ? `${file} > ${path}` : path, reason: reason || "no reason given" });
    }
  }

  #endFile(title: string, milliseconds: number): void {
    const report = this.#file;
    this.#file = newReport();
    this.#finished = () => {
      const expired = expiredFile(report);
      if (expired !== undefined && this.#failedFiles.has(expired)) return "";
      const name = expired ?? title;
      if (report.failed) this.#failedFiles.add(name);
      for (const { path } of report.failures) this.#failedTests.push(`${name} > ${path}`);
      this.#total.passed += report.passed;
      this.#total.failed += report.failed;
      this.#total.skipped += report.skipped;
      const mark = report.failed ? "FAIL" : "ok  ";
      const lines = [`${mark}  ${name}  ${counts(report)} (${(milliseconds / 1_000).toFixed(2)} s)`];
      for (const comment of report.comments) lines.push(`      ${comment}`);
      for (const { path, points } of report.failures) {
        lines.push("", `  ✖ ${path}`);
        for (const { title: what, details } of points) {
          if (what !== path) lines.push(`    ${what}`);
          for (const detail of withoutNoise(details)) lines.push(`      ${detail}`.trimEnd());
        }
      }
      if (report.failed && report.output.length > 0) lines.push("", "  It wrote:", ...report.output);
      if (report.failed) lines.push("");
      return `${lines.join("\n")}\n`;
    };
  }

  #printFinished(): void {
    if (this.#finished) this.push(this.#finished());
    this.#finished = undefined;
  }
}
