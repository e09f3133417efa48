import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { missingNginx } from "../../bench/equipment/nginx.ts";
import { variants } from "../../bench/variants.ts";
import { readResults, runBench } from "./quick-run.ts";

t.test("every web variant works: all that it accepted arrived, and its CPU was measured", async (t) => {
  const file = join(t.testdir(), "results.json");
  const { code, stdout, stderr } = await runBench(t, "--quick", "--only", "web", "--json", file);
  t.equal(code, 0, stderr);
  const { trials, goals, quick, machine, versions, cpuMicrosPerRegistration } = readResults(file);
  const proxied = missingNginx() === undefined;
  if (!proxied) t.match(stderr, "skipped: web/product-nginx");
  const web = variants.filter(({ tier, behindNginx }) => tier === "web" && (proxied || !behindNginx));
  t.same(
    trials.map(({ variant }) => variant),
    web.map(({ name }) => name),
  );
  for (const { variant, cpuMicrosPerRegistration: cpu, nginxCpuMicrosPerRegistration, registrations } of trials) {
    t.ok(cpu > 0 && registrations > 0, variant);
    t.equal(nginxCpuMicrosPerRegistration !== undefined, variant.endsWith("-nginx"), variant);
    t.match(stdout, variant);
  }
  t.same(
    goals.map(({ name }) => name),
    [...(proxied ? ["instance", "instance-send-message"] : []), "web", "web-aim", "web-send-message", "web-mails"],
  );
  t.ok(quick);
  t.match(stdout, "the figures mean nothing");
  t.ok(machine.processors > 0);
  t.match(versions, { node: process.versions.node, fastify: /^5\./ });
  t.ok(cpuMicrosPerRegistration.web, "what the capacity plan reckons with");
  t.ok(existsSync(file.replace(".json", ".svg")));
  t.ok(existsSync(file.replace(".json", ".html")));
});
