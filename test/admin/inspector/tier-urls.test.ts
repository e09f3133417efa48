import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { Compile } from "typebox/compile";
import { TierFigures, TierState } from "../../../admin/inspector/tier-figures.ts";
import { createTierUrlSource } from "../../../admin/inspector/tier-urls.ts";

interface FakeTier {
  readonly url: string;
  metrics: Record<string, number>;
  health: { status: number; body: unknown };
}

/** A tier's HTTP side as far as it is asked: text and health as the real ones answer them. */
async function startTier(): Promise<FakeTier> {
  const tier = { url: "", metrics: {}, health: { status: 200, body: {} } } as FakeTier & { url: string };
  const server = createServer((request, response) => {
    if (request.url === "/metrics") {
      response.end(
        Object.entries(tier.metrics)
          .map(([name, value]) => `${name}{tier="x"} ${value}\n`)
          .join(""),
      );
      return;
    }
    response.writeHead(tier.health.status, { "content-type": "application/json" });
    response.end(JSON.stringify(tier.health.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  tier.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return tier;
}

const web = await startTier();
const worker = await startTier();

t.test("rates are those between two looks", async (t) => {
  const read = createTierUrlSource({ web: web.url, worker: worker.url });
  web.metrics = { turnout_registrations_accepted_total: 100 };
  worker.metrics = {
    turnout_registrations_stored_total: 50,
    turnout_registrations_duplicate_total: 1,
    turnout_registrations_received_total: 60,
    turnout_packs_received_total: 6,
    turnout_stored_delay_seconds_sum: 100,
    turnout_stored_delay_seconds_count: 50,
  };
  const first = await read();
  t.match(first.figures, { acceptedPerSecond: null, storedPerSecond: null, meanPackSize: 10, oldestAgeSeconds: null });
  web.metrics.turnout_registrations_accepted_total = 1_100;
  Object.assign(worker.metrics, {
    turnout_registrations_stored_total: 550,
    turnout_registrations_received_total: 660,
    turnout_packs_received_total: 9,
    turnout_stored_delay_seconds_sum: 2_100,
    turnout_stored_delay_seconds_count: 550,
  });
  const { figures, tiers } = await read();
  t.ok(Compile(TierFigures).Check(figures));
  t.ok((figures.acceptedPerSecond ?? 0) > 0 && (figures.storedPerSecond ?? 0) > 0);
  t.match(figures, { duplicatesPerSecond: 0, meanPackSize: 200, oldestAgeSeconds: 4 }, "of late, not of all time");
  t.match(tiers, [
    { tier: "web", health: "ok" },
    { tier: "worker", health: "ok" },
  ]);
  worker.metrics.turnout_registrations_stored_total = 3;
  t.equal((await read()).figures.storedPerSecond, null, "a worker that was started anew has no rate");
});

t.test("a tier that is not well says why", async (t) => {
  worker.health = { status: 503, body: { status: "unhealthy", causes: ["table: access-denied"] } };
  web.health = { status: 503, body: { detail: "cannot enqueue" } };
  const { tiers } = await createTierUrlSource({ web: web.url, worker: worker.url })();
  t.same(tiers, [
    { tier: "web", health: "unhealthy", causes: ["cannot enqueue"] },
    { tier: "worker", health: "unhealthy", causes: ["table: access-denied"] },
  ]);
  const validator = Compile(TierState);
  t.ok(tiers.every((state) => validator.Check(state)));
});

t.test("a tier that does not answer is unreachable, one that nobody named unknown", async (t) => {
  const { figures, tiers } = await createTierUrlSource({ web: "http://127.0.0.1:1" })();
  t.match(tiers, [{ health: "unreachable" }, { health: "unknown" }]);
  t.equal(figures.meanPackSize, null);
});
