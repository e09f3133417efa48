/**
 * The log of a process: JSON lines on standard output, written in the background, with nothing of an attendee in them.
 * Nobody logs a registration; redaction here is the second net, for errors of libraries that quote what they were given:
 * known fields are left out, and from the finished line everything that looks like an address.
 */
import { stdout } from "node:process";
import { pino, stdSerializers, type Logger } from "pino";
import { createLogDestination } from "./log-destination.ts";

export type { Logger } from "pino";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** What an address cannot hold, or what ends it in a sentence, in a URL or in JSON (the backslash of an escape). */
const outside = String.raw`\s@"<>:,\\`;
const dot = ".\u3002\uff0e\uff61";
const domainLabel = `[^${outside}'/%${dot}]+`;
/**
 * Linear: it only starts where a word starts. A domain has a dot, or `node_modules/@scope/…` in a stack would be one;
 * `%40` is the @ of a URL or a form.
 */
const address = new RegExp(`(?<![^${outside}])[^${outside}]+(?:@|%40)${domainLabel}(?:[${dot}]${domainLabel})+`, "gu");

/** @returns the text with everything that looks like an email address taken out; JSON stays JSON */
export function withoutAddresses(text: string): string {
  return text.replace(address, "[address]");
}

/** @param error usually an Error; a promise can be rejected with anything, and of that nothing but the type is shown */
function serializeError(error: unknown): object {
  if (!(error instanceof Error)) {
    return { type: typeof error, message: typeof error === "string" ? error : "what was thrown is not an error" };
  }
  const { type, message, stack, code, ...rest } = stdSerializers.err(error);
  const status = (rest as { $metadata?: { httpStatusCode?: number; attempts?: number; requestId?: string } }).$metadata;
  return {
    type,
    ...(code !== undefined && { code }),
    message,
    stack,
    ...(status && { aws: { status: status.httpStatusCode, attempts: status.attempts, requestId: status.requestId } }),
  };
}

export interface ProcessLog {
  readonly logger: Logger;
  /**
   * Writes out what is still held; settles within a second even if nobody reads. What is logged later is lost.
   * @returns false when a write is still under way on a thread, for which an exit would wait
   */
  close(): Promise<boolean>;
}

/**
 * Never blocks and never fails: what standard output cannot take is lost, and the log says how many lines.
 *
 * @param tier name that every line carries
 * @param level the least severe level that is written
 */
export function openLog(tier: string, level: string): ProcessLog {
  const timestamp = () => `,"time":"${new Date().toISOString()}"`;
  // Not pino's own destination: it tries for ever to write out what is fatal, and does so on the main thread.
  const destination = createLogDestination({
    stdout,
    describeLoss: (lines) =>
      `{"level":"warn"${timestamp()},"tier":"${tier}","lines":${lines},"msg":"lines of this log were lost"}\n`,
  });
  const logger = pino(
    {
      level,
      base: { tier },
      timestamp,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, error: serializeError },
      redact: {
        paths: ["email", "name", "answers", "receipt", "body", "*.email", "*.name", "*.answers", "*.receipt", "*.body"],
        remove: true,
      },
      hooks: { streamWrite: withoutAddresses },
    },
    destination,
  );
  return {
    logger,
    close() {
      logger.level = "silent";
      return destination.close();
    },
  };
}
