/**
 * The log of a process: JSON lines on standard output, written in the background, with nothing of an attendee in them.
 * Nobody logs a registration; redaction here is the second net, for errors of libraries that quote what they were given.
 */
import { destination as openDestination, pino, stdSerializers, type Logger } from "pino";

export type { Logger } from "pino";

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const flushEveryMs = 1_000;
/** Bytes gathered before a write. At 16,384 and above pino's destination would wait for its full buffer. */
const gatherBytes = 4_096;

const address = /[^\s@"'<>:,]+@[^\s@"'<>:,]+/g;

/** @returns the text with everything that looks like an email address taken out */
export function withoutAddresses(text: string): string {
  return text.replace(address, "[address]");
}

function serializeError(error: Error) {
  const { type, message, stack, code, ...rest } = stdSerializers.err(error);
  const status = (rest as { $metadata?: { httpStatusCode?: number; attempts?: number; requestId?: string } }).$metadata;
  return {
    type,
    ...(code !== undefined && { code }),
    message: withoutAddresses(message),
    stack: withoutAddresses(stack),
    ...(status && { aws: { status: status.httpStatusCode, attempts: status.attempts, requestId: status.requestId } }),
  };
}

export interface ProcessLog {
  readonly logger: Logger;
  /** Writes out what is still gathered. Safe to call twice; log nothing afterwards. */
  close(): void;
}

/**
 * @param tier name that every line carries
 * @param level the least severe level that is written
 */
export function openLog(tier: string, level: string): ProcessLog {
  const destination = openDestination({ dest: 1, sync: false, minLength: gatherBytes });
  const logger = pino(
    {
      level,
      base: { tier },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, error: serializeError },
      redact: {
        paths: ["email", "name", "answers", "receipt", "body", "*.email", "*.name", "*.answers", "*.receipt", "*.body"],
        remove: true,
      },
    },
    destination,
  );
  const flush = setInterval(() => destination.flush(), flushEveryMs);
  flush.unref();
  let closed = false;
  return {
    logger,
    close() {
      if (closed) return;
      closed = true;
      clearInterval(flush);
      try {
        destination.flushSync();
      } catch {
        // Standard output was closed before us, or was never opened: there is nobody left to tell.
      }
    },
  };
}
