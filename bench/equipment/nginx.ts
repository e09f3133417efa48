/**
 * An nginx in front of a process under test, as Elastic Beanstalk's platforms put one on every instance: one worker on the
 * same processor, a line of access log and a line for the health agent for each request.
 *
 * It is cheaper than theirs: connections to the process are kept open, where the platform's own configuration opens one for
 * each request. What is compared with it is not flattered.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../local/ports.ts";
import type { Pinning } from "./pinning.ts";

/** Debian keeps it outside other users' PATH. */
const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`;
/** Of /proc/PID/stat on Linux (USER_HZ). */
const microsPerTick = 10_000;
const startsWithinMs = 5_000;
/** What nginx keeps in files for a while. */
const temporaryFolders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

export interface Nginx {
  readonly url: string;
  /** CPU time that it has used since its start, in microseconds, to the nearest 10,000. */
  cpuMicros(): number;
  /** Ends it at once; safe to repeat. */
  stop(): Promise<void>;
}

/** @returns why nothing can be put behind nginx here; undefined when it can */
export function missingNginx(): string | undefined {
  if (process.platform !== "linux") return "CPU time of other processes is read from /proc, which only Linux has";
  const { error } = spawnSync("nginx", ["-v"], { env: { PATH: path } });
  return error && "no nginx found (Debian and Ubuntu: apt-get install nginx)";
}

function configuration(folder: string, port: number, upstream: string): string {
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
http {
  ${temporaryFolders.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
                  '"$http_user_agent" "$http_x_forwarded_for"';
  log_format health '$msec"$uri"$status"$request_time"$upstream_response_time"$http_x_forwarded_for';
  access_log ${folder}/access.log main;
  upstream subject { server ${upstream}; keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_timeout 65s;
    access_log ${folder}/access.log main;
    access_log ${folder}/health.log health;
    location / {
      proxy_pass http://subject;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // After the name, which may hold blanks: state is the third field, utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * microsPerTick;
}

/**
 * @param url of the process under test
 * @throws Error when it does not start
 */
export async function startNginx(url: string, pinning: Pinning): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "turnout-bench-nginx-"));
  for (const name of temporaryFolders) mkdirSync(join(folder, name));
  const port = await findFreePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, port, new URL(url).host));
  const { command, args } = pinning.place("subject", "nginx", ["-p", folder, "-c", file]);
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], env: { PATH: path } });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "exit");

  async function stop(): Promise<void> {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }

  const deadline = performance.now() + startsWithinMs;
  while (!(await answers(port))) {
    if (child.exitCode === null && performance.now() < deadline) {
      await delay(20);
      continue;
    }
    await stop();
    throw new Error(`nginx did not start: ${said}`);
  }
  return { url: `http://127.0.0.1:${port}`, cpuMicros: () => cpuMicrosOf(child.pid ?? 0), stop };
}
