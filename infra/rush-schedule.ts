/** When both tiers are raised and released by the clock, as far as a deployment that begins now can still arrange it. */
import { rushes } from "../shared/aws/scaling-policy.ts";

/**
 * AWS rejects an action whose time has passed when it is made, and CloudFormation then undoes the whole deployment. Half
 * an hour is usual for one, so an hour is sure.
 */
const marginSeconds = 3_600;

export interface RushAction {
  /** Such as `OpeningRaise`. */
  readonly name: string;
  readonly what: "raise" | "release";
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A rush that is ahead or under way, for which the clock will not raise the tiers. */
export interface RushNotRaised {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly raiseAt: string;
  /** ISO 8601, UTC. */
  readonly releaseAt: string;
}

export interface RushSchedule {
  readonly actions: readonly RushAction[];
  readonly notRaised: readonly RushNotRaised[];
}

/**
 * Too late for a raise, it is left out; what may be raised already is still released, only later.
 * @param opensAt milliseconds since the epoch, as the others
 * @param now time of the synthesis
 */
export function scheduleRushes(opensAt: number, closesAt: number, now: number): RushSchedule {
  const soonest = now + marginSeconds * 1_000;
  const actions: RushAction[] = [];
  const notRaised: RushNotRaised[] = [];
  for (const { name, raiseAt, releaseAt } of rushes(opensAt, closesAt)) {
    if (releaseAt <= now) continue;
    if (raiseAt >= soonest) actions.push({ name: `${name}Raise`, what: "raise", at: inSeconds(raiseAt) });
    else notRaised.push({ name, raiseAt: inSeconds(raiseAt), releaseAt: inSeconds(releaseAt) });
    actions.push({ name: `${name}Release`, what: "release", at: inSeconds(Math.max(releaseAt, soonest)) });
  }
  return { actions, notRaised };
}

/** As Auto Scaling wants it, rounded up. */
function inSeconds(at: number): string {
  return new Date(Math.ceil(at / 1_000) * 1_000).toISOString().replace(".000Z", "Z");
}
