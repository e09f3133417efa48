/**
 * The process log: JSON lines on standard output, without attendee data. Registrations are never logged; redaction is a
 * second protection against library errors that quote their input: known fields are removed, and everything that looks
 * like an address.
 */
import { stdout } from "node:process";
import { pino, stdSerializers, type Logger } from "pino";
import { createLogDestination } from "./log-destination.ts";

export type { Logger } from "pino";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** Characters that end an address in a sentence, a URL or JSON (the backslash of an escape). */
const outside = String.raw`\s@"<>:,\\`;
const dot = ".\u3002\uff0e\uff61";
const domainLabel = `[^${outside}'/%${dot}]+`;
/**
 * Linear: matches start only at word starts. The domain needs a dot, or `node_modules/@scope/…` would match; `%40` is
 * the @ in URLs and forms.
 */
const address = new RegExp(`(?<![^${outside}])[^${outside}]+(?:@|%40)${domainLabel}(?:[${dot}]${domainLabel})+`, "gu");

/** @returns the text without anything that looks like an email address; JSON stays valid */
export function withoutAddresses(text: string): string {
  return text.replace(address, "[address]");
}

/** @param error usually an Error; for any other value only the type is shown */
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
   * Flushes; resolves within a second even without a reader. Later lines are lost.
   * @returns false when a write still occupies a thread that an exit would wait for
   */
  close(): Promise<boolean>;
}

/**
 * Never blocks or fails: dropped lines are counted in the log.
 *
 * @param tier name on every line
 * @param level the least severe level written
 */
export function openLog(tier: string, level: string): ProcessLog {
  const timestamp = () => `,"time":"${new Date().toISOString()}"`;
  // Not pino's own destination, which retries fatal lines for ever on the main thread.
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
