/**
 * What the command shows and asks: results on standard output, everything else on standard error, so that a script can
 * read the one without the other. Colour, progress bars and questions only where a person sits in front of a terminal.
 */
import cliProgress from "cli-progress";
import { createColors } from "picocolors";
import type { Environment } from "../shared/process/environment.ts";
import { TurnoutError } from "../shared/errors.ts";
import { formatSeconds } from "./duration.ts";
import { plainJson, plainLines } from "../shared/process/terminal-text.ts";
import { formatTable, type Cell } from "./text-table.ts";

export interface Progress {
  /**
   * @param done how much is done, in whatever unit
   * @param total how much there will be, where that is known
   */
  update(done: number, total?: number): void;
  /** Takes the bar away. Safe to call twice. */
  stop(): void;
}

export interface Terminal {
  readonly colors: ReturnType<typeof createColors>;
  /** Whether a person reads standard output at a terminal. */
  readonly interactive: boolean;
  /** Writes a line of the result; what could steer a terminal is replaced, our own colours excepted. */
  print(text: string): void;
  /**
   * Writes a text: exactly as it is into a file or a pipe, as `print` does to a terminal. Resolves when it is taken.
   * @throws TURNOUT_INTERRUPTED where nobody reads it any more
   */
  write(text: string): Promise<void>;
  /** Writes the whole result as one line of JSON, in which what could steer a terminal is escaped. */
  printJson(value: unknown): void;
  /** Writes a table without lines; its cells may come from anybody. On a terminal its last column is cut to fit. */
  printTable(head: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** Tells the person something beside the result. */
  note(text: string): void;
  /** Starts a progress bar; shows nothing where standard error is no terminal. One at a time. */
  progress(label: string): Progress;
  /**
   * Asks for a yes to what cannot be undone.
   * @throws TURNOUT_USAGE_INVALID where nobody can be asked: a script has to say it with the option
   */
  confirm(question: string, option: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Has the name typed of what will be gone: a yes is typed too easily.
   * @throws TURNOUT_USAGE_INVALID where nobody can be asked: a script has to say it with the option
   */
  confirmByName(question: string, name: string, option: string, signal: AbortSignal): Promise<boolean>;
  /** Clears the screen where one is watched; between two looks elsewhere nothing happens. */
  clear(): void;
}

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What cli-progress hands to a formatter. */
interface BarState {
  readonly value: number;
  readonly total: number;
  /** 0 to 1. */
  readonly progress: number;
  /** Seconds; not finite while it cannot be told. */
  readonly eta: number;
}

export function createTerminal({ stdin, stdout, stderr }: TerminalStreams, env: Environment): Terminal {
  const capable = env.TERM !== "dumb";
  const interactive = stdout.isTTY && capable;
  // https://no-color.org: set to anything but nothing.
  const colors = createColors(interactive && !env.NO_COLOR);

  function demandPerson(option: string): void {
    if (stdin.isTTY && stderr.isTTY) return;
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      `This cannot be undone, and nobody can be asked here. Give ${option} to say that it is meant.`,
    );
  }

  const terminal: Terminal = {
    colors,
    interactive,
    print: (text) => void stdout.write(`${plainLines(text)}\n`),
    write(text) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stdout.write(stdout.isTTY ? plainLines(text) : text, (error) => {
        if (error) reject(new TurnoutError("TURNOUT_INTERRUPTED", "Nobody reads on.", { cause: error }));
        else resolve();
      });
      return promise;
    },
    printJson: (value) => void stdout.write(`${plainJson(value)}\n`),
    printTable(head, rows) {
      const width = interactive ? stdout.columns : Infinity;
      stdout.write(formatTable(head.map(colors.bold), rows, width));
    },
    note: (text) => void stderr.write(`${plainLines(text)}\n`),
    progress(label) {
      if (!stderr.isTTY || !capable) return { update() {}, stop() {} };
      const bar = new cliProgress.SingleBar(
        {
          stream: stderr,
          clearOnComplete: true,
          hideCursor: true,
          // Ctrl-C is listened to in main.ts, which lets the command tidy up.
          gracefulExit: false,
          format(options, params) {
            const { value, total, progress, eta } = params as unknown as BarState;
            const counted = value.toLocaleString("en");
            if (total === 0) return `${label}  ${counted}`;
            const left = Number.isFinite(eta) ? `, ${formatSeconds(eta)} left` : "";
            return `${label}  ${cliProgress.Format.BarFormat(progress, options)}  ${counted} of ${total.toLocaleString("en")}${left}`;
          },
        },
        cliProgress.Presets.shades_classic,
      );
      bar.start(0, 0);
      return {
        update(done, total) {
          if (total !== undefined) bar.setTotal(total);
          bar.update(done);
        },
        stop: () => bar.stop(),
      };
    },
    async confirmByName(question, name, option, signal) {
      demandPerson(option);
      const { default: ask } = await import("@inquirer/input");
      return (await ask({ message: question }, { input: stdin, output: stderr, signal })).trim() === name;
    },
    async confirm(question, option, signal) {
      demandPerson(option);
      // Only here, since it takes longer to load than most commands take to run.
      const { default: ask } = await import("@inquirer/confirm");
      return ask({ message: question, default: false }, { input: stdin, output: stderr, signal });
    },
    clear() {
      if (interactive) stdout.write("\x1b[H\x1b[2J\x1b[3J");
    },
  };
  return terminal;
}
