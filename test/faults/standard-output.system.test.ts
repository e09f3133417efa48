/** Whatever stands at the other end of a tier's log: the tier serves, and ends when it is told to. */
import { existsSync, openSync } from "node:fs";
import type { StdioOptions } from "node:child_process";
import t, { type Test } from "tap";
import { startBareTier, startEmbeddedEngines, type BareTier } from "../equipment/bare-tier.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { createFullPipe } from "../equipment/full-pipe.ts";

const engines = await startEmbeddedEngines();
t.teardown(() => engines.stop());
t.jobs = 2;

const deadlineSeconds = 10;
/** The supervisor of an instance kills ten seconds after the deadline. */
const timeoutMs = (deadlineSeconds + 10) * 1_000;

interface Output {
  readonly what: string;
  readonly skip?: string | false;
  stdio(test: Test): StdioOptions;
  /** After the tier was started. */
  spoil?(tier: BareTier): void;
}

const outputs: readonly Output[] = [
  {
    what: "a full disk",
    skip: !existsSync("/dev/full") && "this system has no /dev/full",
    stdio: () => ["ignore", openSync("/dev/full", "w"), openSync("/dev/full", "w")],
  },
  { what: "a pipe that nobody reads", stdio: (test) => ["ignore", createFullPipe(test).writer, "ignore"] },
  {
    what: "a pipe whose reader is gone",
    stdio: () => ["ignore", "pipe", "pipe"],
    spoil({ child }) {
      child.stdout!.destroy();
      child.stderr!.destroy();
    },
  },
];

async function endsCleanly(test: Test, tier: BareTier, signal: NodeJS.Signals): Promise<void> {
  const began = performance.now();
  tier.child.kill(signal);
  const late = setTimeout(() => tier.child.kill("SIGKILL"), stretched(timeoutMs));
  test.same(await tier.ended, { code: 0, signal: null });
  clearTimeout(late);
  test.comment(`ended in ${Math.round(performance.now() - began)} ms`);
}

async function register(url: string): Promise<number> {
  const response = await fetch(`${url}/registrations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "who@example.org", name: "Who", answers: {} }),
  });
  await response.body?.cancel();
  return response.status;
}

for (const { what, skip, stdio, spoil } of outputs) {
  for (const tier of ["web", "worker"] as const) {
    t.test(`${tier} with ${what} under its log serves, and ends on SIGTERM`, { skip: skip || false }, async (t) => {
      // Its log has lines from the start, and more with each rejection.
      const running = await startBareTier(t, engines, {
        tier,
        stdio: stdio(t),
        environment: { STOP_DEADLINE_SECONDS: String(deadlineSeconds), LOG_LEVEL: "trace" },
      });
      spoil?.(running);
      for (let poll = 0; poll < 5; poll += 1) {
        await fetch(`${running.url}/nothing-here`);
        t.ok(await running.health(), "it answers");
      }
      if (tier === "web") {
        await eventually(async () => (await register(running.url)) === 202, "it accepts a registration", 20_000);
      }
      await endsCleanly(t, running, "SIGTERM");
    });
  }

  t.test(`a start whose port is taken ends with 1, with ${what} under its log`, { skip: skip || false }, async (t) => {
    const { port } = await startBareTier(t, engines, { tier: "web" });
    const second = await startBareTier(t, engines, { tier: "web", stdio: stdio(t), port, untilReady: false });
    spoil?.(second);
    const late = setTimeout(() => second.child.kill("SIGKILL"), stretched(timeoutMs));
    t.same(await second.ended, { code: 1, signal: null });
    clearTimeout(late);
  });
}

t.test("a fault that nobody caught ends a tier with 1, with a full disk under its log", async (t) => {
  if (!existsSync("/dev/full")) return;
  const running = await startBareTier(t, engines, {
    tier: "worker",
    stdio: ["ignore", openSync("/dev/full", "w"), openSync("/dev/full", "w")],
    preload: "throws-on-signal.ts",
  });
  running.child.kill("SIGUSR2");
  const late = setTimeout(() => running.child.kill("SIGKILL"), stretched(timeoutMs));
  t.same(await running.ended, { code: 1, signal: null });
  clearTimeout(late);
});
