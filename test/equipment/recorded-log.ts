/** A real logger whose lines are kept, parsed, for a test to read. */
import { Writable } from "node:stream";
import { pino, type Logger } from "pino";

export interface LogRecord extends Record<string, unknown> {
  readonly level: number;
  readonly msg?: string;
}

export interface RecordedLog {
  readonly logger: Logger;
  readonly records: LogRecord[];
}

export function recordLog(): RecordedLog {
  const records: LogRecord[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      records.push(JSON.parse(chunk.toString()) as LogRecord);
      done();
    },
  });
  return { logger: pino({ level: "trace" }, stream), records };
}
