/**
 * The real bundle, unpacked in an empty folder and started as an instance starts it: with production dependencies only,
 * the environment's variables and nothing else, by the Procfile's own words.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import t from "tap";
import { writeBillOfMaterials } from "../../../infra/bill-of-materials.ts";
import { buildBundle, installProductionModules, type Bundle } from "../../../infra/bundle.ts";
import { stopDeadlineSeconds } from "../../../infra/tier-variables.ts";
import { findFreePort } from "../../../local/ports.ts";
import { postTask, readCronFile } from "../../../local/scheduler.ts";
import { createLocalStack } from "../../../local/stack.ts";
import { eventually, stretched } from "../../equipment/eventually.ts";
import { skipUnlessLong } from "../../equipment/run-length.ts";
import { unpack, type UnpackedFile } from "./unpack.ts";

const root = resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "turnout-bundle-"));
const unpacked = join(folder, "current");
const billOfMaterials = join(folder, "turnout.cdx.json");
// An instance has Node and the system's own programs, and none of the repository's.
const path = [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
};
const engines = createLocalStack({ tiers: [], periodicTasks: false });
/** A bound on what takes a second on a machine that has nothing else to do. */
const slowMs = 60_000;
const groups = new Set<ChildProcess>();
let files: UnpackedFile[] = [];
let bundled: Bundle | undefined;

async function bundle(zip: string, bill: string): Promise<Bundle> {
  const { folder: installed, modules, remove } = await installProductionModules(root);
  try {
    await writeBillOfMaterials(installed, bill);
    return await buildBundle({ root, eventFile: "event.json", modules, output: zip });
  } finally {
    await remove();
  }
}

t.before(async () => {
  if (skipUnlessLong) return;
  bundled = await bundle(join(folder, "turnout.zip"), billOfMaterials);
  files = await unpack(bundled.path, unpacked);
});

t.teardown(async () => {
  for (const child of groups) if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
  await engines.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As systemd does on an instance: its shell (bash, on Amazon Linux) runs the Procfile's line, a signal goes to all of it. */
function startService(environment: Readonly<Record<string, string>>) {
  const line = /^web: (.+)$/m.exec(readFileSync(join(unpacked, "Procfile"), "utf8"))?.[1] ?? "false";
  const child = spawn("/bin/bash", ["-c", line], {
    cwd: unpacked,
    env: { PATH: path, ...environment },
    detached: true,
  });
  groups.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
  return {
    ended,
    output: () => output,
    stop: () => process.kill(-child.pid!, "SIGTERM"),
  };
}

/** Takes figures as CloudWatch does, and answers as it does not: a tier must stop all the same. */
async function listenForFigures() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      bodies.push((request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("latin1"));
      response.writeHead(503).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const figures: Readonly<Record<string, string>> = { web: "accepted_total", worker: "stored_total" };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    from: (tier: string) => bodies.some((body) => body.includes(`turnout_registrations_${figures[tier]}`)),
  };
}

t.test(
  "the bundle holds every production dependency, and none that is only for developing",
  { skip: skipUnlessLong },
  async (t) => {
    const shipped = new Set(files.map(({ name }) => name));
    for (const [name, { dev, devOptional, optional }] of Object.entries(lock.packages)) {
      if (name === "") continue;
      const development = dev === true || devOptional === true || optional === true;
      if (shipped.has(`${name}/package.json`) === development) t.fail(`${name} is ${development ? "" : "not "}there`);
    }
    t.ok(files.length > 1_000, `${files.length} files`);
  },
);

t.test(
  "the bill of materials names every package of the bundle, and none besides",
  { skip: skipUnlessLong },
  async (t) => {
    const { components } = JSON.parse(readFileSync(billOfMaterials, "utf8")) as {
      components: { name: string; version: string; hashes: object[] }[];
    };
    const manifests = files.filter(({ name }) => /^(.*\/)?node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(name));
    const shipped = manifests.map(({ name }) => {
      const manifest = JSON.parse(readFileSync(join(unpacked, name), "utf8")) as { name: string; version: string };
      return `${manifest.name}@${manifest.version}`;
    });
    t.ok(shipped.length > 50, "control");
    t.same(components.map((one) => `${one.name}@${one.version}`).toSorted(), [...new Set(shipped)].toSorted());
    for (const { name, hashes } of components) t.match(hashes, [{ alg: "SHA-512" }], name);
  },
);

t.test(
  "the bundle holds no tests, no types, no secrets and nothing of this machine",
  { skip: skipUnlessLong },
  async (t) => {
    const allowed = /^(\.platform\/|node_modules\/|web\/|worker\/|shared\/|[^/]+$)/;
    for (const { name } of files) {
      if (!allowed.test(name)) t.fail(name);
      if (
        /\.test\.|\.d\.ts$|(^|\/)\.(env|npmrc|git)|\.(pem|key|log|cpuprofile)$|^(test|infra|admin|bench|local)\//.test(
          name,
        )
      ) {
        t.fail(name);
      }
    }
    const ours = files.filter(({ name }) => !name.startsWith("node_modules/"));
    t.ok(ours.length > 30);
    for (const { name } of ours) {
      if (readFileSync(join(unpacked, name)).includes(root)) t.fail(`${name} names a folder of this machine`);
    }
  },
);

t.test("made again, bundle and bill of materials are the same, byte for byte", { skip: skipUnlessLong }, async (t) => {
  const bill = join(folder, "again.cdx.json");
  const again = await bundle(join(folder, "again.zip"), bill);
  t.equal(again.sha256, bundled?.sha256);
  t.equal(readFileSync(bill, "utf8"), readFileSync(billOfMaterials, "utf8"));
  const other = await buildBundle({
    root,
    eventFile: "docs/events/conference.json",
    modules: join(unpacked, "node_modules"),
    output: join(folder, "other.zip"),
  });
  t.not(other.sha256, again.sha256, "control: another event is another bundle");
});

t.test("the bundle is far below what Elastic Beanstalk takes", { skip: skipUnlessLong }, async (t) => {
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1_000_000;
  t.ok(megabytes < 50, `${megabytes.toFixed(1)} MB unpacked; Elastic Beanstalk takes 500 MB`);
});

t.test(
  "the hook gives systemd the stop deadline of the tier, and ten seconds more",
  { skip: skipUnlessLong },
  async (t) => {
    for (const kind of ["hooks", "confighooks"]) {
      const file = join(unpacked, `.platform/${kind}/predeploy/10-stop-deadline.sh`);
      const systemd = join(folder, kind);
      const calls = join(systemd, "calls");
      mkdirSync(systemd);
      writeFileSync(join(systemd, "systemctl"), `#!/bin/sh\necho "$@" >> ${calls}\n`);
      chmodSync(join(systemd, "systemctl"), 0o755);
      // The only thing changed is where it writes: this machine's own services are not its business.
      const script = readFileSync(file, "utf8").replace("/usr/lib/systemd/system", systemd);
      const env = { PATH: `${systemd}${delimiter}${path}`, STOP_DEADLINE_SECONDS: "20" };
      const [code] = (await once(spawn("/bin/bash", ["-c", script], { env }), "exit")) as [number];
      t.equal(code, 0, kind);
      t.match(readFileSync(join(systemd, "web.service.d/turnout.conf"), "utf8"), /^\[Service\]\nTimeoutStopSec=30\n/);
      t.equal(readFileSync(calls, "utf8"), "daemon-reload\n");
    }
  },
);

t.test("without a tier's name it says which there are, and ends", { skip: skipUnlessLong }, async (t) => {
  const service = startService({ TIER: "both" });
  t.strictSame(await service.ended, [1, null]);
  t.match(service.output(), 'TIER was "both", allowed is one of web, worker');
});

t.test("with a broken environment a tier says what is missing, and ends", { skip: skipUnlessLong }, async (t) => {
  const service = startService({ TIER: "worker" });
  t.strictSame(await service.ended, [1, null]);
  t.match(service.output(), "TURNOUT_ENVIRONMENT_INVALID");
});

t.test(
  "both tiers start as the Procfile says, take, store and confirm, take the daemon's posts, and stop in time",
  { skip: skipUnlessLong },
  async (t) => {
    await engines.start();
    const published = await listenForFigures();
    const ports = { web: await findFreePort(), worker: await findFreePort() };
    const {
      QUEUE_URL,
      DEAD_LETTER_QUEUE_URL,
      REGISTRATIONS_TABLE,
      DEAD_LETTERS_TABLE,
      OUTCOMES_TABLE,
      ACTIVITY_TABLE,
      CONTROLS_TABLE,
    } = engines.environment;
    const endpoints = engines.environment;
    const aws = Object.fromEntries(Object.entries(endpoints).filter(([name]) => name.startsWith("AWS_")));
    const common = {
      ...aws,
      QUEUE_URL: QUEUE_URL!,
      REGISTRATIONS_TABLE: REGISTRATIONS_TABLE!,
      DEAD_LETTERS_TABLE: DEAD_LETTERS_TABLE!,
      OUTCOMES_TABLE: OUTCOMES_TABLE!,
      ACTIVITY_TABLE: ACTIVITY_TABLE!,
      CLOUDWATCH_STACK: "summit-test",
      AWS_ENDPOINT_URL_CLOUDWATCH: published.url,
    };
    const web = startService({
      ...common,
      TIER: "web",
      CONTROLS_TABLE: CONTROLS_TABLE!,
      PORT: String(ports.web),
      // As Secrets Manager makes it up: without a key id.
      RECEIPT_KEYS: "k".repeat(43),
      EVENT_FILE: "event.json",
      TRUST_PROXY: "127.0.0.1",
      STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds.web),
    });
    const worker = startService({
      ...common,
      TIER: "worker",
      PORT: String(ports.worker),
      DEAD_LETTER_QUEUE_URL: DEAD_LETTER_QUEUE_URL!,
      RECEIVE_WAIT_SECONDS: "1",
      STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds.worker),
    });
    const urls = { web: `http://127.0.0.1:${ports.web}`, worker: `http://127.0.0.1:${ports.worker}` };
    const answers = (url: string) =>
      fetch(url).then(
        (response) => response.ok,
        () => false,
      );
    await eventually(() => answers(`${urls.web}/ready`), `the web tier answers: ${web.output()}`, slowMs);
    await eventually(() => answers(`${urls.worker}/health`), `the worker tier answers: ${worker.output()}`, slowMs);

    t.equal((await fetch(`${urls.web}/`)).status, 200, "the event page is there");
    const accepted = await fetch(`${urls.web}/registrations`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
      body: JSON.stringify({ email: "ada@example.org", name: "Ada" }),
    });
    t.equal(accepted.status, 202);
    const status = new URL(accepted.headers.get("location") ?? "", urls.web);
    const confirmed = async () => ((await (await fetch(status)).json()) as { status: string }).status === "confirmed";
    t.ok(await eventually(confirmed, "the registration is confirmed", slowMs));

    const tasks = readCronFile(join(unpacked, "cron.yaml"));
    t.ok(tasks.length > 0);
    for (const task of tasks) t.equal(await postTask(urls.worker, task, new Date(), 10_000), undefined, task.name);

    for (const [name, service] of Object.entries({ web, worker })) {
      const deadline = stopDeadlineSeconds[name as keyof typeof stopDeadlineSeconds];
      const began = performance.now();
      service.stop();
      t.strictSame(await service.ended, [0, null], `${name} ends cleanly`);
      t.ok(performance.now() - began < stretched(deadline * 1_000), `${name} within its ${deadline} seconds`);
      t.ok(published.from(name), `${name} published its last figures`);
    }
  },
);
