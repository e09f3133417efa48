/**
 * Writes what Elastic Beanstalk's health agent reads. It learns of requests from the log of a proxy; a server that is
 * reached without one writes that log itself: a line for each request, in a file for each hour (UTC) that is only appended
 * to (https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-serverlogs.html).
 *
 *     1437609879.311"/path"200"0.083"0.083"203.0.113.7
 *     time of the answer, path, status, seconds the request took, seconds the server behind took, address
 *
 * A path may be a receipt, and an address is a person's, so both are constants. Requests are counted by status
 * and milliseconds and written once a second, so a request costs a count and no text. Nothing waits for a write, and a
 * failure loses figures on a page, nothing else.
 */
import { appendFile, readdir, unlink } from "node:fs/promises";
import { ServerResponse, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Part } from "../../shared/process/lifecycle.ts";
import type { Logger } from "../../shared/process/logger.ts";

export interface HealthLog extends Part {
  /** A server's response that counts itself when it is answered. */
  readonly Response: typeof ServerResponse<IncomingMessage>;
  start(): void;
  /** Writes what is counted, if that takes no longer than a second; to be called when nothing is answered any more. */
  stop(): Promise<void>;
}

export interface HealthLogOptions {
  readonly folder: string;
  readonly logger: Pick<Logger, "warn">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Default: a second. */
  readonly everyMs?: number;
}

const defaultEveryMs = 1_000;
const hourMs = 3_600_000;
const stopWithinMs = 1_000;
/** Writes that one may hold up; what was counted until then is lost. */
const maxHeldUp = 10;
/** Complete hours that are kept. */
const keptHours = 2;
const fileName = /^application\.log\.(\d{4}-\d\d-\d\d)-(\d\d)$/;
/** The agent reads it as another user. */
const readableByAll = 0o644;
/** Longer ones are counted as so long: it bounds the counts that are kept. */
const maxMs = 99_999;
const statusFactor = 100_000;

/** @returns the name of the hour's file */
function fileOf(at: number): string {
  return `application.log.${new Date(at).toISOString().slice(0, 13).replace("T", "-")}`;
}

/** @returns whether it is a file of an hour that ended before those that are kept */
function isOld(name: string, at: number): boolean {
  const [, day, hour] = fileName.exec(name) ?? [];
  return day !== undefined && Date.parse(`${day}T${hour}:00Z`) < Math.floor(at / hourMs) * hourMs - keptHours * hourMs;
}

export function createHealthLog(options: HealthLogOptions): HealthLog {
  const { folder, logger, wallClock, now, everyMs = defaultEveryMs } = options;
  /** Status and milliseconds in one number → requests. */
  let counts = new Map<number, number>();
  let writing: Promise<void> | undefined;
  let heldUp = 0;
  let timer: NodeJS.Timeout | undefined;
  let tidiedFor = "";
  let hasFailed = false;
  let isCutOff = false;

  class Response extends ServerResponse {
    readonly #began = now();

    // Each answer ends once, whoever gives it; a listener for that would cost more than all of this.
    override end(...rest: unknown[]): this {
      if (!this.writableEnded) count(this.statusCode, now() - this.#began);
      return super.end(...(rest as []));
    }
  }

  function count(status: number, tookMs: number): void {
    const key = status * statusFactor + Math.min(maxMs, Math.round(tookMs));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  /** @returns the lines of all that was counted; it counts from zero again */
  function takeLines(at: number): string {
    const time = (at / 1_000).toFixed(3);
    let lines = "";
    for (const [key, requests] of counts) {
      const seconds = ((key % statusFactor) / 1_000).toFixed(3);
      lines += `${time}"/"${Math.floor(key / statusFactor)}"${seconds}"${seconds}"-\n`.repeat(requests);
    }
    counts = new Map();
    return lines;
  }

  async function write(lines: string, at: number): Promise<void> {
    const name = fileOf(at);
    try {
      // What a full disk cut off must not run into the next line.
      await appendFile(join(folder, name), isCutOff ? `\n${lines}` : lines, { mode: readableByAll });
      isCutOff = false;
    } catch (error) {
      isCutOff = true;
      if (hasFailed) return;
      hasFailed = true;
      logger.warn({ err: error, folder }, "the health agent's log cannot be written; requests are served as before");
      return;
    }
    if (name === tidiedFor) return;
    tidiedFor = name;
    await removeOld(at);
  }

  async function removeOld(at: number): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    // The platform removes them as well, and may be first.
    await Promise.all(
      names.filter((name) => isOld(name, at)).map((name) => unlink(join(folder, name)).catch(() => {})),
    );
  }

  function flush(): void {
    if (writing) {
      // A disk that does not answer must not pile anything up.
      heldUp += 1;
      if (heldUp > maxHeldUp) counts = new Map();
      return;
    }
    heldUp = 0;
    if (counts.size === 0) return;
    const at = wallClock();
    writing = write(takeLines(at), at).finally(() => (writing = undefined));
  }

  return {
    name: "health log",
    Response,
    start() {
      timer = setInterval(flush, everyMs).unref();
    },
    async stop() {
      clearInterval(timer);
      const late = delay(stopWithinMs, undefined, { ref: false });
      await Promise.race([writing, late]);
      flush();
      await Promise.race([writing, late]);
    },
  };
}
