/** The messages of `npm start`, all on standard error: standard output only has the `ready` line, for scripts. */
import { createColors } from "picocolors";
import type { ReloadReporter } from "./dev/reloader.ts";
import type { LocalStack, ProcessName, StackReporter } from "./stack.ts";
import { createQuieter, readLogLine } from "./tier-log.ts";

export interface Announcer {
  readonly reporter: StackReporter;
  readonly reload: ReloadReporter;
  starting(): void;
  /** @param hints for people, after everything else. Default: none */
  ready(stack: LocalStack, hints?: readonly string[]): void;
  stopping(): void;
  killing(): void;
  /** @param kept folder that stays; undefined when none does */
  stopped(kept: string | undefined): void;
  failed(error: Error): void;
}

const described: Readonly<Record<ProcessName, string>> = {
  web: "event page",
  worker: "worker",
  console: "console",
  sqs: "SQS",
  dynamodb: "DynamoDB",
  mail: "mail inbox",
};
const nameWidth = Math.max(...Object.values(described).map((text) => text.length));
/** A checkout of another branch changes hundreds. */
const shownPaths = 3;

function listed(paths: readonly string[]): string {
  const more = paths.length - shownPaths;
  return `${paths.slice(0, shownPaths).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/**
 * @param print takes a line without its end
 * @param colored whether the output is a terminal
 */
export function createAnnouncer(print: (line: string) => void, colored: boolean): Announcer {
  const color = createColors(colored);
  const quieter = createQuieter();
  const paint = { warn: color.yellow, error: color.red, fatal: color.red };
  let phase: "starting" | "running" | "stopping" = "starting";
  const reloading = new Set<ProcessName>();

  function warn(level: keyof typeof paint, name: string, text: string): void {
    const passed = quieter.pass(`${name} ${text}`);
    if (passed !== undefined) print(`${paint[level](level)} ${passed}`);
  }

  return {
    reporter: {
      line(name, line) {
        // During a start, a failure includes the last lines; during a stop they do not matter.
        const isRunning = phase === "running" && !reloading.has(name);
        const readable = isRunning && (name === "web" || name === "worker") ? readLogLine(line) : undefined;
        if (readable !== undefined) warn(readable.level, name, readable.text);
      },
      restarted: (name, how) => print(color.yellow(`${name} ${how}, started again`)),
      gaveUp: (_, error) => print(color.red(error.message)),
      taskFailed: (task, why) => warn("warn", "cron", `task ${task}: ${why}`),
      installing: (name) => print(`Installing ${name}, the embedded DynamoDB for this platform, once.`),
    },
    reload: {
      reloading(paths, names) {
        for (const name of names) reloading.add(name);
        print(`${listed(paths)} changed: restarting ${names.join(", ")} …`);
      },
      reloaded(name, ms) {
        reloading.delete(name);
        print(color.green(`${name} restarted in ${(ms / 1_000).toFixed(1)} s`));
      },
      reloadFailed(name, error) {
        reloading.add(name);
        print(color.red(`${name} does not run; the next change starts it again. ${error.message}`));
      },
      notReloaded: (paths) => print(color.yellow(`${listed(paths)} changed, which counts from the next start on.`)),
    },
    starting: () => print("Turnout is starting …"),
    ready(stack, hints = []) {
      phase = "running";
      print("");
      for (const [name, url] of Object.entries(stack.urls) as [ProcessName, string][]) {
        const label = described[name].padEnd(nameWidth);
        print(`  ${color.bold(label)}  ${color.cyan(url)}  ${color.dim(origin(stack, name))}`);
      }
      const fate = stack.keepsData ? "kept" : "gone after the stop; keep it with: npm start -- --data DIR";
      print(`  ${"data, logs".padEnd(nameWidth)}  ${stack.dataFolder}  ${color.dim(`(${fate})`)}`);
      print("");
      if (stack.urls.web !== undefined) {
        print(`  Register yourself   ${stack.urls.web}/`);
        print(`  Describe the API    ${stack.urls.web}/openapi.json`);
        print("  Register thousands  npm run demo");
      }
      if (stack.urls.console !== undefined) print(`  Watch and mend      ${stack.urls.console}`);
      if (stack.urls.mail !== undefined) print(`  Read the mail       ${stack.urls.mail}`);
      for (const hint of hints) print(`  ${color.yellow(hint)}`);
      print("  Stop                Ctrl-C");
      print("");
    },
    stopping() {
      phase = "stopping";
      print("Stopping: both tiers finish what they hold. Ctrl-C once more ends them at once.");
    },
    killing: () => print("Ending everything at once."),
    stopped: (kept) => print(kept === undefined ? "Stopped." : `Stopped. The data stays in ${kept}.`),
    failed: (error) => print(color.red(error.message)),
  };
}

function origin(stack: LocalStack, name: ProcessName): string {
  try {
    return `process ${stack.process(name).pid}`;
  } catch {
    return "given by the environment";
  }
}
