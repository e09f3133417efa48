/** How many people arrive in each second of a rush. */
import { readFileSync } from "node:fs";
import { TurnoutError } from "../../shared/errors.ts";

export const arrivalShapes = ["burst", "ramp", "even"] as const;
export type ArrivalShape = (typeof arrivalShapes)[number];

/** In a burst the rate falls to a third each time this share of the duration has passed. */
const burstTimeConstant = 1 / 5;

const weightAt: Record<ArrivalShape, (share: number) => number> = {
  /** Everybody waited for the opening: most arrive in the first moments. */
  burst: (share) => Math.exp(-share / burstTimeConstant),
  /** Rises to the middle and falls again, as after a mailing. */
  ramp: (share) => 0.5 - Math.abs(share - 0.5),
  even: () => 1,
};

/**
 * @param attendees in all
 * @param seconds duration of the rush, at least 1
 * @returns arrivals in each second, as fractions that add up to `attendees`
 */
export function shapeArrivals(attendees: number, seconds: number, shape: ArrivalShape): Float64Array {
  const weights = Float64Array.from({ length: seconds }, (_, second) => weightAt[shape]((second + 0.5) / seconds));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (weight / sum) * attendees);
}

const line = /^\s*(\d+)\s*,\s*(\d+(?:\.\d+)?)\s*$/;
const longestSeconds = 86_400;

/**
 * Reads a measured rush: CSV of `second,arrivals`, seconds counted from 0, missing ones without arrivals. A first line without
 * digits is a header.
 * @throws TURNOUT_USAGE_INVALID with the number of the invalid line
 */
export function readArrivals(file: string): Float64Array {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new TurnoutError("TURNOUT_USAGE_INVALID", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const counts: number[] = [];
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === "" || (index === 0 && !/\d/.test(row))) continue;
    const [, second, arrivals] = line.exec(row) ?? [];
    if (second === undefined || arrivals === undefined || Number(second) >= longestSeconds) {
      const allowed = `"second,arrivals" with a second below ${longestSeconds}`;
      throw new TurnoutError("TURNOUT_USAGE_INVALID", `${file}, line ${index + 1}: allowed is ${allowed}.`);
    }
    counts[Number(second)] = (counts[Number(second)] ?? 0) + Number(arrivals);
  }
  if (counts.length === 0) throw new TurnoutError("TURNOUT_USAGE_INVALID", `${file} holds no arrivals.`);
  return Float64Array.from({ length: counts.length }, (_, second) => counts[second] ?? 0);
}
