/**
 * The shipped nginx configuration under the nginx of this machine. Only what belongs to an instance of Elastic Beanstalk is
 * replaced (user, ports, where it writes); each replacement has to find its text, so that the file cannot drift away unseen.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { findFreePort } from "../../../local/ports.ts";
import { eventually } from "../../equipment/eventually.ts";

const shipped = readFileSync(new URL("../../../infra/bundle/.platform/nginx/nginx.conf", import.meta.url), "utf8");

/** Debian keeps it outside other users' PATH. */
const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`;

/** For `t.test(title, { skip }, …)`: why nginx cannot be run here, or false when it can. */
export const skip: string | false =
  process.platform !== "linux"
    ? "CPU time is read from /proc, which only Linux has"
    : spawnSync("nginx", ["-v"], { env: { PATH: path } }).error !== undefined &&
      "no nginx found; install one (Debian and Ubuntu: apt-get install nginx)";

const millisecondsPerTick = 10;

export interface Replacement {
  readonly from: string;
  readonly to: string;
}

export interface Nginx {
  readonly port: number;
  readonly url: string;
  /** CPU that all of its processes have used, milliseconds, to the nearest 10. */
  cpuMilliseconds(): number;
  /** Everything that stands in the log by that name, those of each hour together. */
  log(name: "access.log" | "error.log" | "healthd"): string;
}

function replaceEach(text: string, replacements: readonly Replacement[]): string {
  return replacements.reduce((changed, { from, to }) => {
    if (!changed.includes(from)) throw new Error(`nginx.conf does not hold ${JSON.stringify(from)} any more.`);
    return changed.replaceAll(from, to);
  }, text);
}

/** Writes the configuration for this machine into a folder. @returns its path */
function writeConfiguration(
  folder: string,
  port: number,
  upstreamPort: number,
  changes: readonly Replacement[],
): string {
  for (const name of ["logs/healthd", "body", "proxy", "fastcgi", "uwsgi", "scgi"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name.replace("client_", ""))};`)
    .join(" ");
  const text = replaceEach(shipped, [
    ...changes,
    // Without a user to change to, nginx works as whoever started it; root has to say that it means itself.
    { from: "user nginx;", to: process.getuid?.() === 0 ? "user root;" : "" },
    { from: "pid /run/nginx.pid;", to: `pid ${join(folder, "nginx.pid")};` },
    { from: "/var/log/nginx/", to: `${join(folder, "logs")}/` },
    { from: "http {", to: `http { ${temporary}` },
    { from: "listen 80 ", to: `listen 127.0.0.1:${port} ` },
    { from: "server 127.0.0.1:8080;", to: `server 127.0.0.1:${upstreamPort};` },
  ]);
  const file = join(folder, "nginx.conf");
  writeFileSync(file, text);
  return file;
}

function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "turnout-nginx-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @returns what `nginx -t` says about the shipped file, with `changes` made to it, and whether it is content */
export function checkConfiguration(t: Test, changes: readonly Replacement[] = []) {
  const file = writeConfiguration(temporaryFolder(t), 1, 2, changes);
  const { status, stderr } = spawnSync("nginx", ["-t", "-c", file], { env: { PATH: path }, encoding: "utf8" });
  return { ok: status === 0, said: stderr };
}

/** Fields 14 and 15 of /proc/PID/stat are the ticks in user and in kernel mode; the name before may hold blanks. */
function ticksOf(pid: number | string): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/**
 * Starts it, to be stopped with the test.
 * @param upstreamPort where the tier answers
 * @param changes for controls: what else is replaced
 */
export async function startNginx(t: Test, upstreamPort: number, changes: readonly Replacement[] = []): Promise<Nginx> {
  const folder = temporaryFolder(t);
  const port = await findFreePort();
  const file = writeConfiguration(folder, port, upstreamPort, changes);
  const child = spawn("nginx", ["-c", file, "-g", "daemon off;"], {
    env: { PATH: path },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  const ended = once(child, "exit");
  t.teardown(async () => {
    // SIGTERM is its fast shutdown: workers end as well.
    child.kill("SIGTERM");
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  }, "nginx answers");
  const { pid } = child;
  return {
    port,
    url,
    cpuMilliseconds() {
      const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
      return workers.reduce((ticks, worker) => ticks + ticksOf(worker), 0) * millisecondsPerTick;
    },
    log(name) {
      const logs = join(folder, "logs");
      if (name !== "healthd") return readFileSync(join(logs, name), "utf8");
      const files = readdirSync(join(logs, name)).toSorted();
      return files.map((hour) => readFileSync(join(logs, name, hour), "utf8")).join("");
    },
  };
}
