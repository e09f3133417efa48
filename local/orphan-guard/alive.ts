/** Whether a process still runs. */
import { readFileSync } from "node:fs";

/**
 * @param pid of any process
 * @returns false as well for one that has ended and only waits for its parent to take note: the first process of a
 *   container may be slow in that, and what has ended holds neither ports nor files
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    // "pid (name) state …", where the name may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
