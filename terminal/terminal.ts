/**
 * Input and output of commands: results on standard output, everything else on standard error, for scripts. Colours,
 * progress bars and questions only on terminals.
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
   * @param done in any unit
   * @param total if known
   */
  update(done: number, total?: number): void;
  /** Removes the bar. Safe to repeat. */
  stop(): void;
}

export interface Terminal {
  readonly colors: ReturnType<typeof createColors>;
  /** Whether standard output is a terminal. */
  readonly interactive: boolean;
  /** Prints a result line; control sequences are replaced, except our own colours. */
  print(text: string): void;
  /**
   * Writes a text: unchanged to a file or pipe, like `print` to a terminal. Resolves when it is accepted.
   * @throws TURNOUT_INTERRUPTED when the reader is gone
   */
  write(text: string): Promise<void>;
  /** Prints the result as one line of JSON, with control sequences escaped. */
  printJson(value: unknown): void;
  /** Prints a borderless table of untrusted cells. On a terminal, the last column is cut to fit. */
  printTable(head: readonly string[], rows: readonly (readonly Cell[])[]): void;
  /** Prints a note beside the result. */
  note(text: string): void;
  /** Starts a progress bar, if standard error is a terminal. One at a time. */
  progress(label: string): Progress;
  /**
   * Asks for confirmation of something irreversible.
   * @throws TURNOUT_USAGE_INVALID without a terminal: a script must use the option
   */
  confirm(question: string, option: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Asks to type the name of what will be deleted.
   * @throws TURNOUT_USAGE_INVALID without a terminal: a script must use the option
   */
  confirmByName(question: string, name: string, option: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Asks for a line of text, until it is valid. Blanks around it are removed.
   * @throws TURNOUT_USAGE_INVALID without a terminal and a preset: a script must use the option
   */
  ask(question: string, options: QuestionOptions): Promise<string>;
  /** Clears the screen between two polls of a watch, on a terminal only. */
  clear(): void;
}

export interface QuestionOptions {
  /** Which gives the answer, too. */
  readonly option: string;
  /** Taken for an empty line, and where nobody can be asked. */
  readonly preset?: string | undefined;
  /** @returns why an answer is not valid */
  readonly problem?: (answer: string) => string | undefined;
  readonly signal: AbortSignal;
}

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** cli-progress's formatter parameters. */
interface BarState {
  readonly value: number;
  readonly total: number;
  /** 0 to 1. */
  readonly progress: number;
  /** Seconds; not finite while unknown. */
  readonly eta: number;
}

export function createTerminal({ stdin, stdout, stderr }: TerminalStreams, env: Environment): Terminal {
  const capable = env.TERM !== "dumb";
  const interactive = stdout.isTTY && capable;
  // https://no-color.org: set and not empty.
  const colors = createColors(interactive && !env.NO_COLOR);

  const isAttended = stdin.isTTY && stderr.isTTY;

  function demandPerson(option: string): void {
    if (isAttended) return;
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
          // Ctrl-C is handled in main.ts, so that the command can clean up.
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
      // Loaded on demand: slower than most commands.
      const { default: ask } = await import("@inquirer/confirm");
      return ask({ message: question, default: false }, { input: stdin, output: stderr, signal });
    },
    async ask(question, { option, preset, problem, signal }) {
      if (!isAttended) {
        if (preset !== undefined) return preset;
        throw new TurnoutError("TURNOUT_USAGE_INVALID", `Nobody can be asked here: ${question} Give ${option}.`);
      }
      const { default: askLine } = await import("@inquirer/input");
      const validate = (answer: string) => problem?.(answer.trim()) ?? true;
      const shown = preset === undefined || preset === "" ? {} : { default: preset };
      const answer = await askLine({ message: question, validate, ...shown }, { input: stdin, output: stderr, signal });
      return answer.trim();
    },
    clear() {
      if (interactive) stdout.write("\x1b[H\x1b[2J\x1b[3J");
    },
  };
  return terminal;
}
