/** How fast this machine is now, for limits that mean a machine that has time. */

const turns = 20_000_000;
/** On an idle machine, about. */
const idleMs = 20;

/** @returns how many times slower than an idle machine it is; at least 1 */
export function timesSlower(): number {
  const began = performance.now();
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) sum += turn % 7;
  return Math.max(1, (performance.now() - began) / idleMs, sum > 0 ? 1 : 0);
}
