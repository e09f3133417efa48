/**
 * Standard output as a log destination that never blocks or ends the process, nor delays its exit: what cannot be
 * written (full disk, no reader) is dropped and counted.
 *
 * A blocking write would stop the tier on the main thread, and block the exit on a pool thread. So pipes and sockets
 * are written non-blocking, as libuv's streams do. A terminal (which Ctrl-S can stop) is reopened non-blocking, since
 * the original descriptor's mode is shared with the shell. Regular files have no such mode: their writes use the pool,
 * and `close` reports an unfinished one.
 */
import { constants, fstatSync, openSync, write } from "node:fs";
import type { WriteStream } from "node:tty";

export interface LogDestination {
  /** @param line with its line feed */
  write(line: string): void;
  /**
   * Flushes for a limited time. Later lines are lost. Safe to repeat.
   * @returns false when a write still occupies a thread that an exit would wait for
   */
  close(): Promise<boolean>;
}

export interface LogDestinationOptions {
  /** The process's own stream: a second stream on a pipe would prevent Node from creating this one. */
  readonly stdout: WriteStream & { readonly fd: number };
  /** @returns a line, with its line feed, that reports the dropped lines */
  readonly describeLoss: (lines: number) => string;
}

/** Characters buffered while standard output is blocked; further lines are dropped. */
const maxHeld = 4 * 1_024 * 1_024;
const retryAfterMs = 100;
/** Pause after a failed write, so that a full disk is not tried for every line. */
const pauseAfterFailureMs = 1_000;
const closeWithinMs = 1_000;

type Written = (error: NodeJS.ErrnoException | null | undefined, bytes: number) => void;

interface Output {
  send(chunk: Buffer, written: Written): void;
  /** Whether an unfinished `send` occupies a thread. */
  readonly usesThread: boolean;
}

const transient = new Set(["EAGAIN", "EBUSY", "EINTR"]);
/** The reader is gone. */
const final = new Set(["EPIPE", "EBADF", "ECONNRESET", "ENOTCONN", "ERR_STREAM_DESTROYED"]);

type StandardOutput = LogDestinationOptions["stdout"];

function streamOutput(stdout: StandardOutput): Output {
  // Errors are reported per write.
  stdout.on("error", () => {});
  return { send: (chunk, written) => stdout.write(chunk, (error) => written(error, chunk.length)), usesThread: false };
}

function fileOutput(fd: number): Output {
  return { send: (chunk, written) => write(fd, chunk, 0, chunk.length, null, written), usesThread: true };
}

/** Reopens a terminal for this process alone; if impossible, uses it as it is. */
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
    // Lines of one event loop turn are written together.
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
      if (transient.has(error.code ?? "")) {
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
