/** Parses option values within bounds; errors say what is allowed. */
import { InvalidArgumentError } from "commander";

/** @returns a parser of whole numbers from `minimum` to `maximum`, for `Command.option` */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return function read(text) {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`Allowed is a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

const unitMs = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Back or ahead, as the option says. */
const span = /^(\d+)(s|m|min|h|d)$/;
/** A time of day names its zone: what a machine happens to be set to is nobody's intention. A day alone begins in UTC. */
const date = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * Parses a time: `30min`, `2h`, `7d` ago, or a date with optional time.
 * @returns ISO 8601, UTC
 */
export function pointInTime(text: string): string {
  const [, count, unit] = span.exec(text) ?? [];
  if (unit !== undefined)
    return new Date(Date.now() - Number(count) * unitMs[unit as keyof typeof unitMs]).toISOString();
  const time = date.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError(
      "Allowed is a time such as 2h, 7d, 2026-01-31, or 2026-01-31T09:00 with Z or an offset such as +02:00.",
    );
  return new Date(time).toISOString();
}

/**
 * Parses a time to come: `30min`, `2h`, `7d` from now, or a date with optional time.
 * @returns ISO 8601, UTC
 */
export function timeAhead(text: string): string {
  const [, count, unit] = span.exec(text) ?? [];
  const dated = date.test(text) ? Date.parse(text) : Number.NaN;
  const time = unit === undefined ? dated : Date.now() + Number(count) * unitMs[unit as keyof typeof unitMs];
  if (Number.isNaN(time) || time <= Date.now()) {
    throw new InvalidArgumentError(
      "Allowed is a time to come, such as 30min, 2h, or 2026-01-31T09:00 with Z or an offset such as +02:00.",
    );
  }
  return new Date(time).toISOString();
}

/** Collects repeated option values, each parsed by `read`. */
export function gather<Value>(read: (text: string) => Value): (text: string, before?: readonly Value[]) => Value[] {
  return (text, before = []) => [...before, read(text)];
}

/** Parses an http or https URL. */
export function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError("Allowed is an http or https URL, such as https://register.example.org");
  }
  return text;
}
