/** Whether a process is running. */
import { readFileSync } from "node:fs";

/**
 * @param pid of any process
 * @returns false for a zombie as well, which holds neither ports nor files: a container's init may reap slowly
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
    // "pid (name) state …", where the name may hold anything:
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
