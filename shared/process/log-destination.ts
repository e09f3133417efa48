/**
 * Standard output as the destination of a log. It never blocks the process, never ends it and never keeps it from ending:
 * what standard output cannot take is dropped and counted, whether the disk is full, nobody reads or the reader is gone.
 *
 * A write that blocks is the danger, not only one that fails: on the main thread it stops the tier, and on a thread of Node's
 * pool it stops the exit, which waits for that thread. So a pipe or a socket is written to without blocking, as libuv does
 * with streams. A terminal (Ctrl-S stops one) is opened a second time, without blocking: the mode of the first opening is
 * shared with the shell. A regular file has no such mode; its writes go to the pool, and an unfinished one is told by `close`.
 */
import { constants, fstatSync, openSync, write } from "node:fs";
import type { WriteStream } from "node:tty";

export interface LogDestination {
  /** @param line with its line feed */
  write(line: string): void;
  /**
   * Writes out what is still held, for a bounded time. What is logged later is lost. Safe to call twice.
   * @returns false when a write is still under way on a thread, for which an exit would wait
   */
  close(): Promise<boolean>;
}

export interface LogDestinationOptions {
  /** The process's own: whoever made a second stream of a pipe would keep Node from making this one, which streams look at. */
  readonly stdout: WriteStream & { readonly fd: number };
  /** @returns the line that tells that so many lines were dropped, with its line feed */
  readonly describeLoss: (lines: number) => string;
}

/** Characters that are held while standard output takes none; further lines are dropped. */
const maxHeld = 4 * 1_024 * 1_024;
const retryAfterMs = 100;
/** After a failed write: a full disk is not asked again for every line. */
const pauseAfterFailureMs = 1_000;
const closeWithinMs = 1_000;

type Written = (error: NodeJS.ErrnoException | null | undefined, bytes: number) => void;

interface Output {
  send(chunk: Buffer, written: Written): void;
  /** Whether an unfinished `send` occupies a thread. */
  readonly usesThread: boolean;
}

const passing = new Set(["EAGAIN", "EBUSY", "EINTR"]);
/** Nobody will ever read what is written. */
const final = new Set(["EPIPE", "EBADF", "ECONNRESET", "ENOTCONN", "ERR_STREAM_DESTROYED"]);

type StandardOutput = LogDestinationOptions["stdout"];

function streamOutput(stdout: StandardOutput): Output {
  // Each write tells its own error.
  stdout.on("error", () => {});
  return { send: (chunk, written) => stdout.write(chunk, (error) => written(error, chunk.length)), usesThread: false };
}

function fileOutput(fd: number): Output {
  return { send: (chunk, written) => write(fd, chunk, 0, chunk.length, null, written), usesThread: true };
}

/** Opens a terminal again for this process alone; where that is not possible, it stays as it is. */
function withoutBlocking(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}

function outputOf(stdout: StandardOutput): Output {
  const stats = fstatSync(stdout.fd);
  if (stats.isFIFO() || stats.isSocket()) return streamOutput(stdout);
  return fileOutput(stdout.isTTY ? withoutBlocking(stdout.fd) : stdout.fd);
}

export function createLogDestination({ stdout, describeLoss }: LogDestinationOptions): LogDestination {
  const output = outputOf(stdout);
  let held = "";
  let heldLines = 0;
  let lost = 0;
  let state: "idle" | "scheduled" | "writing" | "pausing" | "dead" = "idle";
  let closing: Promise<boolean> | undefined;
  let onSettled: (() => void) | undefined;

  function schedule(): void {
    state = "scheduled";
    // What one turn of the loop logs leaves together.
    setImmediate(send);
  }

  function send(): void {
    if (held === "") {
      state = "idle";
      onSettled?.();
      return;
    }
    const lines = heldLines + lost;
    const chunk = Buffer.from(lost > 0 ? held + describeLoss(lost) : held);
    lost = 0;
    held = "";
    heldLines = 0;
    state = "writing";
    sendRest(chunk, lines);
  }

  function sendRest(chunk: Buffer, lines: number): void {
    output.send(chunk, (error, bytes) => {
      if (!error) {
        if (bytes < chunk.length) sendRest(chunk.subarray(bytes), lines);
        else send();
        return;
      }
      if (passing.has(error.code ?? "")) {
        setTimeout(sendRest, retryAfterMs, chunk, lines).unref();
        return;
      }
      lost += lines;
      if (final.has(error.code ?? "") || closing) {
        state = "dead";
        held = "";
        onSettled?.();
        return;
      }
      state = "pausing";
      // The failed write may have ended within a line.
      held = `\n${held}`;
      setTimeout(schedule, pauseAfterFailureMs).unref();
    });
  }

  async function writeOut(): Promise<boolean> {
    if (state === "pausing") send();
    if (state !== "idle" && state !== "dead") {
      const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
      onSettled = settle;
      const timer = setTimeout(settle, closeWithinMs);
      await settled;
      clearTimeout(timer);
    }
    const finished = state !== "writing" || !output.usesThread;
    state = "dead";
    return finished;
  }

  return {
    write(line) {
      if (state === "dead" || closing) return;
      if (held.length + line.length > maxHeld) {
        lost += 1;
        return;
      }
      held += line;
      heldLines += 1;
      if (state === "idle") schedule();
    },
    close() {
      closing ??= writeOut();
      return closing;
    },
  };
}
