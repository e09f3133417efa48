/**
 * What the command shows and asks: results on standard output, everything else on standard error, so that a script can
 * read the one without the other. Colour, progress bars and questions only where a person sits in front of a terminal.
 */
import { confirm as askToConfirm } from "@inquirer/prompts";
import cliProgress from "cli-progress";
import Table from "cli-table3";
import { createColors } from "picocolors";
import type { Environment } from "../shared/environment.ts";
import { TurnoutError } from "../shared/errors.ts";
import { formatSeconds } from "./duration.ts";

export interface Progress {
  /**
   * @param done how much is done, in whatever unit
   * @param total how much there will be, where that is known
   */
  update(done: number, total?: number): void;
  /** Takes the bar away. Safe to call twice. */
  stop(): void;
}

/** Of a table. What is painted is made plain first: colour is ours, the text may be anybody's. */
export type Cell = string | number | { readonly text: string; readonly paint: (text: string) => string };

export interface Terminal {
  readonly colors: ReturnType<typeof createColors>;
  /** Whether a person reads standard output at a terminal. */
  readonly interactive: boolean;
  /** Writes a line of the result. */
  print(text: string): void;
  /** Writes a text exactly as it is, for a file or a pipe. */
  write(text: string): void;
  /** Writes the whole result as one line of JSON. */
  printJson(value: unknown): void;
  /** Writes a table without lines; its cells may come from anybody. */
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
  /** Clears the screen where one is watched; between two looks elsewhere nothing happens. */
  clear(): void;
}

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

// Escape sequences, and characters that turn the direction of the text or end the line.
const steering = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** @returns the text in a form that cannot command a terminal, on one line */
export function plain(text: string): string {
  return text.replace(steering, (character) => (character === "\n" || character === "\t" ? " " : "\ufffd"));
}

function showCell(cell: Cell): string {
  if (typeof cell === "object") return cell.paint(plain(cell.text));
  return typeof cell === "string" ? plain(cell) : String(cell);
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

const noLines = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

export function createTerminal({ stdin, stdout, stderr }: TerminalStreams, env: Environment): Terminal {
  const capable = env.TERM !== "dumb";
  const interactive = stdout.isTTY && capable;
  // https://no-color.org: set to anything but nothing.
  const colors = createColors(interactive && !env.NO_COLOR);

  const terminal: Terminal = {
    colors,
    interactive,
    print: (text) => void stdout.write(`${text}\n`),
    write: (text) => void stdout.write(text),
    printJson: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    printTable(head, rows) {
      const table = new Table({
        head: head.map((title) => colors.bold(title)),
        chars: noLines,
        style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
        colAligns: head.map((_, column) => (rows.every((row) => typeof row[column] === "number") ? "right" : "left")),
      });
      table.push(...rows.map((row) => row.map(showCell)));
      const lines = table.toString().split("\n");
      stdout.write(`${lines.map((line) => line.trimEnd()).join("\n")}\n`);
    },
    note: (text) => void stderr.write(`${text}\n`),
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
    async confirm(question, option, signal) {
      if (!stdin.isTTY || !stderr.isTTY) {
        throw new TurnoutError(
          "TURNOUT_USAGE_INVALID",
          `This cannot be undone, and nobody can be asked here. Give ${option} to say that it is meant.`,
        );
      }
      return askToConfirm({ message: question, default: false }, { input: stdin, output: stderr, signal });
    },
    clear() {
      if (interactive) stdout.write("\x1b[H\x1b[2J\x1b[3J");
    },
  };
  return terminal;
}
