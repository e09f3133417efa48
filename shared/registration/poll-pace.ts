/**
 * How often the page of a pending registration asks for its status: the longer the wait, the less often. The web tier asks
 * for this pace, and `turnout plan` counts the requests that come of it.
 */

export const firstPollAfterSeconds = 1;
const slowestPollAfterSeconds = 10;

/**
 * @param waitedSeconds since it was submitted
 * @param estimatedWaitSeconds of the backlog; 0 where it is not known
 * @param random from 0 (included) to 1 (excluded), so that those who registered together do not ask together
 * @returns seconds until the next request, not rounded
 */
export function pollAfterSeconds(waitedSeconds: number, estimatedWaitSeconds: number, random: number): number {
  const due = Math.max(waitedSeconds / 5, estimatedWaitSeconds / 4);
  return Math.min(firstPollAfterSeconds + due * (0.75 + random / 2), slowestPollAfterSeconds);
}
