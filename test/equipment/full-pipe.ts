/** A pipe that is full and that nobody reads: a process's standard output that takes nothing. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";

export interface FullPipe {
  /** To be handed to a process as its standard output. */
  readonly writer: number;
  /** Reads what is in it now. */
  read(): string;
}

export function createFullPipe(test: Test): FullPipe {
  const path = join(test.testdir(), "pipe");
  execFileSync("mkfifo", [path]);
  // Both ways, so that neither opening waits for the other end.
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  for (const size of [4_096, 1]) {
    try {
      for (;;) writeSync(reader, "#".repeat(size));
    } catch {
      // It takes no more.
    }
  }
  const writer = openSync(path, constants.O_WRONLY);
  test.teardown(() => [reader, writer].forEach((fd) => closeSync(fd)));
  return {
    writer,
    read() {
      const chunks: Buffer[] = [];
      try {
        for (;;) {
          const chunk = Buffer.alloc(65_536);
          chunks.push(chunk.subarray(0, readSync(reader, chunk)));
        }
      } catch {
        return Buffer.concat(chunks).toString();
      }
    },
  };
}
