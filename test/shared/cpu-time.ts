/** Measures work in CPU time, which a busy machine does not stretch as it does the clock's. */

/** @returns milliseconds of this process's CPU that the work took */
export function cpuMilliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
