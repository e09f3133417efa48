import t from "tap";
import { clientOf, createRateLimiter } from "../../web/rate-limiter.ts";
import { createManualClock } from "../equipment/manual-clock.ts";

function prepare(options: { perMinute?: number; maxClients?: number } = {}) {
  const clock = createManualClock(1_000);
  const limiter = createRateLimiter({ perMinute: 3, maxClients: 1_000, now: clock.now, ...options });
  return { clock, limiter };
}

t.test("a client may send as many as the limit says, and one more is told when its minute is over", async (t) => {
  const { clock, limiter } = prepare();
  t.equal(limiter.refusal("192.0.2.1"), undefined);
  clock.advance(20_500);
  t.equal(limiter.refusal("192.0.2.1"), undefined);
  t.equal(limiter.refusal("192.0.2.1"), undefined);
  t.equal(limiter.refusal("192.0.2.1"), 40, "whole seconds, rounded up");
  t.equal(limiter.refusal("192.0.2.2"), undefined, "another client has a minute of its own");
});

t.test("a minute after its first request a client begins anew, however often it was refused", async (t) => {
  const { clock, limiter } = prepare({ perMinute: 1 });
  limiter.refusal("192.0.2.1");
  for (let attempt = 0; attempt < 50; attempt += 1) t.ok(limiter.refusal("192.0.2.1"));
  clock.advance(59_999);
  t.equal(limiter.refusal("192.0.2.1"), 1);
  clock.advance(1);
  t.equal(limiter.refusal("192.0.2.1"), undefined);
});

t.test("in a flood of addresses the client whose minute began first is forgotten, and no other", async (t) => {
  const { clock, limiter } = prepare({ perMinute: 1, maxClients: 3 });
  limiter.refusal("192.0.2.1");
  limiter.refusal("192.0.2.2");
  clock.advance(60_000);
  limiter.refusal("192.0.2.1");
  limiter.refusal("192.0.2.3");
  limiter.refusal("192.0.2.4");
  t.ok(limiter.refusal("192.0.2.1"), "its minute had begun anew");
  t.ok(limiter.refusal("192.0.2.3"));
  t.ok(limiter.refusal("192.0.2.4"));
});

t.test("a client is an IPv4 address, or the network of an IPv6 address however it is written", async (t) => {
  t.equal(clientOf("192.0.2.1"), "192.0.2.1");
  t.equal(clientOf("::ffff:192.0.2.1"), "192.0.2.1", "the same as without the prefix");
  t.equal(clientOf("::FFFF:192.0.2.1"), "192.0.2.1");
  const network = clientOf("2001:db8:0:7::1");
  for (const same of ["2001:db8:0:7:ffff:ffff:ffff:ffff", "2001:0DB8:0000:0007:1:2:3:4", "2001:db8::7:0:0:0:9"]) {
    t.equal(clientOf(same), network, same);
  }
  for (const other of ["2001:db8:0:8::1", "2001:db9:0:7::1", "::1", "fe80::1"]) {
    t.not(clientOf(other), network, other);
  }
  t.equal(clientOf("::1"), "0:0:0:0");
  t.equal(clientOf("64:ff9b::192.0.2.1"), "64:ff9b:0:0");
  t.equal(clientOf("1:2:3:4:5:6:7::"), "1:2:3:4");
});
