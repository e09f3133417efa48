/** What a stress run may be asked for: its steps, how much in all, and which target. */
import { InvalidArgumentError } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import { isLoopback } from "../run/loopback.ts";

/** Of one run: a typing error must not become an attack, and what was sent is kept in memory until a step ends. */
export const stressBounds = {
  steps: 20,
  ratePerSecond: 50_000,
  secondsPerStep: 600,
  requests: 2_000_000,
  requestsPerStep: 500_000,
} as const;

/**
 * @param text such as `100,200,400`: requests each second, one number for each step
 * @throws InvalidArgumentError, for commander
 */
export function parseSteps(text: string): number[] {
  const rates = text.split(",").map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  const { steps, ratePerSecond } = stressBounds;
  if (rates.length > steps || !rates.every((rate) => rate >= 1 && rate <= ratePerSecond)) {
    throw new InvalidArgumentError(
      `Allowed are 1 to ${steps} whole numbers from 1 to ${ratePerSecond}, such as 100,200,400.`,
    );
  }
  return rates;
}

/** @throws TURNOUT_USAGE_INVALID when the steps together are more than one run may send */
export function checkVolume(rates: readonly number[], seconds: number): void {
  const { requests, requestsPerStep } = stressBounds;
  const count = (value: number) => value.toLocaleString("en");
  const total = rates.reduce((sum, rate) => sum + rate * seconds, 0);
  if (total > requests) {
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      `These steps are ${count(total)} registrations; at most ${count(requests)} are sent in one run. Give fewer --seconds.`,
    );
  }
  const largest = Math.max(...rates) * seconds;
  if (largest > requestsPerStep) {
    throw new TurnoutError(
      "TURNOUT_USAGE_INVALID",
      `The largest step is ${count(largest)} registrations; at most ${count(requestsPerStep)} are sent in one step.`,
    );
  }
}

/**
 * Draws the moments at which requests are due: a Poisson process, because people come independently of each other and of
 * how fast others are answered.
 * @param random 0 to 1, 1 excluded
 * @returns milliseconds from the start of the step, rising, all before its end
 */
export function drawArrivals(ratePerSecond: number, seconds: number, random: () => number): number[] {
  const moments: number[] = [];
  const end = seconds * 1_000;
  for (let at = 0; ;) {
    at -= (Math.log(1 - random()) / ratePerSecond) * 1_000;
    if (at >= end) return moments;
    moments.push(at);
  }
}

/**
 * @param url undefined for the local stack
 * @param owned whether the user said that it is theirs
 * @throws TURNOUT_USAGE_INVALID for a target on another machine that the user did not claim
 */
export function requireOwnTarget(url: string | undefined, owned: boolean): void {
  if (url === undefined || owned || isLoopback(url)) return;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `${new URL(url).host} is another machine. To an owner who did not ask for it, this load is an attack and costs money. ` +
      "If it is yours, say so with --i-own-this-target.",
  );
}
