import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { TierState } from "../../../admin/inspector/tier-state.ts";
import { createTierUrlSource } from "../../../admin/inspector/tier-urls.ts";

interface FakeTier {
  readonly url: string;
  health: { status: number; body: unknown };
}

/** A tier's HTTP side as far as it is asked: text and health as the real ones answer them. */
async function startTier(): Promise<FakeTier> {
  const tier = { url: "", health: { status: 200, body: {} } } as FakeTier & { url: string };
  const server = createServer((_request, response) => {
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

t.test("a tier that is well has nothing to tell", async (t) => {
  t.same(await createTierUrlSource({ web: web.url, worker: worker.url })(), [
    { tier: "web", health: "ok", causes: [] },
    { tier: "worker", health: "ok", causes: [] },
  ]);
});

t.test("a tier that is not well says why", async (t) => {
  worker.health = { status: 503, body: { status: "unhealthy", causes: ["table: access-denied"] } };
  web.health = { status: 503, body: { detail: "cannot enqueue" } };
  const tiers = await createTierUrlSource({ web: web.url, worker: worker.url })();
  t.same(tiers, [
    { tier: "web", health: "unhealthy", causes: ["cannot enqueue"] },
    { tier: "worker", health: "unhealthy", causes: ["table: access-denied"] },
  ]);
  const validator = Compile(TierState);
  t.ok(tiers.every((state) => validator.Check(state)));
});

t.test("a tier that does not answer is unreachable, one that nobody named unknown", async (t) => {
  const tiers = await createTierUrlSource({ web: "http://127.0.0.1:1" })();
  t.match(tiers, [{ health: "unreachable" }, { health: "unknown" }]);
});
