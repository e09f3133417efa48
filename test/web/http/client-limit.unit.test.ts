import { t } from "../../equipment/file-test.ts";
import { clientOf, createClientLimit } from "../../../web/http/client-limit.ts";

const secondMs = 1_000;

t.test("so many requests in a minute from the first one, and then it says for how long there are none", async (t) => {
  let now = 5_000;
  const limit = createClientLimit({ max: 2, now: () => now });
  t.equal(limit.secondsToWait("203.0.113.7"), 0);
  now += 20 * secondMs;
  t.equal(limit.secondsToWait("203.0.113.7"), 0);
  t.equal(limit.secondsToWait("203.0.113.7"), 40);
  t.equal(limit.secondsToWait("203.0.113.8"), 0, "control: another client has its own");
  now += 39_999;
  t.equal(limit.secondsToWait("203.0.113.7"), 1, "never told to come at once");
  now += 1;
  t.equal(limit.secondsToWait("203.0.113.7"), 0, "a new minute");
  t.equal(limit.secondsToWait("203.0.113.7"), 0);
  t.equal(limit.secondsToWait("203.0.113.7"), 60, "that began with that request");
});

t.test("what it remembers has a bound: the client whose minute began first is forgotten", async (t) => {
  const limit = createClientLimit({ max: 1, maxClients: 2, now: () => 0 });
  for (const ip of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) t.equal(limit.secondsToWait(ip), 0);
  t.equal(limit.secondsToWait("192.0.2.3"), 60);
  t.equal(limit.secondsToWait("192.0.2.2"), 60);
  t.equal(limit.secondsToWait("192.0.2.1"), 0, "forgotten");
});

t.test("a client with many addresses of one IPv6 network is one client", async (t) => {
  for (const [ip, client] of [
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::6", "2001:db8:1:2"],
    ["2001:db8:1::6", "2001:db8:1:0"],
    ["2001:db8::6", "2001:db8:0:0"],
    ["2001:db8::2:3:4:5:6", "2001:db8:0:2"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4"],
    ["fe80::1%eth0", "fe80:0:0:0"],
  ] as const)
    t.equal(clientOf(ip), client, ip);
  const limit = createClientLimit({ max: 1, now: () => 0 });
  t.equal(limit.secondsToWait("2001:db8:1:2::1"), 0);
  t.equal(limit.secondsToWait("2001:db8:1:2::2"), 60);
  t.equal(limit.secondsToWait("2001:db8:1:3::2"), 0, "control: another network");
});
