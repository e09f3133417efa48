import { t } from "../../equipment/file-test.ts";
import { buildTestApp } from "../../equipment/web-app.ts";

t.test("alive is alive, whatever the queue does; ready is what the queue says", async (t) => {
  let ready = true;
  const { app } = await buildTestApp({ parts: { readiness: { check: async () => ready } } });
  t.teardown(() => app.close());
  t.equal((await app.inject("/ready")).statusCode, 200);
  ready = false;
  const unready = await app.inject("/ready");
  t.equal(unready.statusCode, 503);
  t.match(unready.headers["retry-after"], /^\d+$/);
  t.equal(unready.headers["cache-control"], "no-store");
  const alive = await app.inject("/health");
  t.equal(alive.statusCode, 200);
  t.same(alive.json(), { status: "ok", acceptance: "open", acceptanceReadSecondsAgo: null });
  t.equal(alive.headers["cache-control"], "no-store");
});

t.test("health is answered while the service is so full that registrations are rejected", async (t) => {
  const released = Promise.withResolvers<void>();
  const { app } = await buildTestApp({ maxWaiting: 1, send: () => released.promise });
  t.teardown(() => app.close());
  const post = async () =>
    app.inject({
      method: "POST",
      url: "/registrations",
      payload: { email: "ada@example.org", name: "Ada", answers: { meal: "meat", terms: true } },
    });
  const accepted = [post(), post(), post()];
  t.equal((await post()).statusCode, 503);
  t.equal((await app.inject("/health")).statusCode, 200);
  released.resolve();
  for (const reply of await Promise.all(accepted)) t.equal(reply.statusCode, 202);
});

t.test("metrics are for callers inside the network, not for whoever comes through the balancer", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  const ask = async (remoteAddress: string, headers: Record<string, string> = {}) =>
    (await app.inject({ url: "/metrics", remoteAddress, headers })).statusCode;
  for (const inside of ["127.0.0.1", "10.20.30.40", "172.16.0.1", "172.31.255.1", "192.168.1.1", "::1", "fd00::1"]) {
    t.equal(await ask(inside), 200, inside);
  }
  for (const outside of ["203.0.113.7", "172.15.0.1", "172.32.0.1", "192.169.0.1", "11.0.0.1", "2001:db8::1"]) {
    t.equal(await ask(outside), 404, outside);
  }
  t.equal(await ask("::ffff:10.0.0.1"), 200, "an IPv4 address in its IPv6 form");
  t.equal(await ask("10.0.0.1", { "x-forwarded-for": "203.0.113.7" }), 404, "forwarded for somebody outside");
  t.equal(await ask("10.0.0.1", { "x-forwarded-for": "127.0.0.1" }), 404, "whatever the forwarded address claims");
});

t.test("a proxy gets no metrics, though a request of somebody's should come without the header", async (t) => {
  const { app } = await buildTestApp({ limits: { trustedProxies: ["10.0.128.0/20", "127.0.0.1"] } });
  t.teardown(() => app.close());
  const ask = async (remoteAddress: string) => (await app.inject({ url: "/metrics", remoteAddress })).statusCode;
  t.equal(await ask("10.0.130.5"), 404);
  t.equal(await ask("::ffff:10.0.130.5"), 404);
  t.equal(await ask("10.0.0.1"), 200, "control: another address inside the network");
  t.equal(await ask("127.0.0.1"), 200, "a scraper on the same machine");
});

t.test("metrics are in the format that Prometheus reads", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  const reply = await app.inject("/metrics");
  t.match(reply.headers["content-type"], /^text\/plain; version=/);
  t.match(reply.body, /^turnout_registrations_accepted_total\{tier="web"\} 0$/m);
});
