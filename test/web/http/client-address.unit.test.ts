import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { buildTestApp } from "../../equipment/web-app.ts";
import { valid } from "../routes/registration-requests.ts";
import { createClientAddresses } from "../../../web/http/client-address.ts";

const trusted = ["10.0.128.0/20", "10.0.144.0/20", "fd00:7::/64"];
const balancer = "10.0.130.5";

/** @returns whose request it is by that header, over a connection from `peer` */
function clientOf(forwarded: string | undefined, peer = balancer, proxies = trusted): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return createClientAddresses(proxies).of({ headers, socket: { remoteAddress: peer } } as never);
}

t.test("the client is the rightmost address that is none of our proxies'", async (t) => {
  t.equal(clientOf("203.0.113.7"), "203.0.113.7");
  t.equal(clientOf("203.0.113.7, 10.0.145.9"), "203.0.113.7", "two of our proxies in a row");
  t.equal(clientOf("203.0.113.7,10.0.145.9 ,\t10.0.130.6"), "203.0.113.7", "with any white space");
  t.equal(clientOf("2001:db8::7"), "2001:db8::7");
  t.equal(clientOf("2001:db8::7, fd00:7::1", "fd00:7::2"), "2001:db8::7", "proxies of the other version");
  t.equal(clientOf("203.0.113.7", `::ffff:${balancer}`), "203.0.113.7", "a listener of both versions names it so");
  t.equal(clientOf("::ffff:203.0.113.7"), "203.0.113.7", "one client has one name");
});

t.test("what a client sent along itself does not count, whatever it looks like", async (t) => {
  for (const invented of [
    "198.51.100.1",
    "127.0.0.1",
    balancer,
    "unknown",
    "",
    "1.2.3.4:5",
    "10.0.130.6, 10.0.130.7",
  ]) {
    t.equal(clientOf(`${invented}, 203.0.113.7`), "203.0.113.7", invented);
    t.equal(clientOf(`${invented}, 203.0.113.7, 10.0.145.9`), "203.0.113.7", `${invented}, over two proxies`);
  }
});

t.test("nobody but our proxies is believed", async (t) => {
  t.equal(clientOf("203.0.113.7", "203.0.113.99"), "203.0.113.99");
  t.equal(clientOf("203.0.113.7", "10.0.127.255"), "10.0.127.255", "an address beside the range");
  t.equal(clientOf("203.0.113.7", "127.0.0.1"), "127.0.0.1", "nor a program on the same machine");
  t.equal(clientOf("203.0.113.7", balancer, []), balancer, "no proxies, none believed");
  t.equal(clientOf("203.0.113.7", "127.0.0.1", ["127.0.0.1"]), "203.0.113.7", "control: a single address can be one");
});

t.test("an entry's port and brackets are left out: another port is no other client", async (t) => {
  t.equal(clientOf("203.0.113.7:5678"), "203.0.113.7");
  t.equal(clientOf("[2001:db8::7]:5678"), "2001:db8::7");
  t.equal(clientOf("[2001:db8::7]"), "2001:db8::7");
  t.equal(clientOf("203.0.113.7, 10.0.145.9:80"), "203.0.113.7", "of a proxy too");
});

t.test("where there is no address, it is the last proxy that is known", async (t) => {
  for (const nothing of [undefined, "", " ", ",", ", ,\t,"]) t.equal(clientOf(nothing), balancer, String(nothing));
  for (const garbage of ["unknown", "_hidden", "203.0.113", "999.1.1.1", "<script>", "203.0.113.7:port", "é", "[::1"]) {
    t.equal(clientOf(garbage), balancer, garbage);
    t.equal(clientOf(`198.51.100.1, ${garbage}`), balancer, `${garbage}: and nothing before it`);
    t.equal(clientOf(`${garbage}, 10.0.145.9`), "10.0.145.9", `${garbage}, told by another proxy`);
  }
  t.equal(clientOf("10.0.145.9, 10.0.130.6"), "10.0.145.9", "all of them are ours");
  t.equal(clientOf("203.0.113.7, , 10.0.145.9,"), "203.0.113.7", "control: empty entries say nothing");
});

t.test("a connection that is gone already has no address and is no proxy's", async (t) => {
  const addresses = createClientAddresses(trusted);
  const gone = { headers: { "x-forwarded-for": "203.0.113.7" }, socket: { remoteAddress: undefined } } as never;
  t.equal(addresses.of(gone), "");
});

t.test("few entries are read, however many there are", async (t) => {
  const proxies = (count: number) => Array.from({ length: count }, (_, n) => `10.0.130.${n}`);
  t.equal(clientOf(["203.0.113.7", ...proxies(7)].join(", ")), "203.0.113.7");
  t.equal(clientOf(["203.0.113.7", ...proxies(8)].join(", ")), "10.0.130.0", "and no further");
  const long = (entry: string) => `${`${entry},`.repeat(Math.floor(16_000 / (entry.length + 1)))}${balancer}`;
  t.equal(clientOf(long(balancer)), balancer, "a head full of them");
  t.equal(clientOf(long("")), balancer);
});

t.test("whatever stands before it, a client's own address is found", async () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("", " ", balancer, "::"))).map((entries) => entries.join()),
  );
  fc.assert(
    fc.property(text, fc.ipV4(), (before, own) => {
      fc.pre(!createClientAddresses(trusted).isTrusted(own));
      return clientOf(`${before},${own}`) === own;
    }),
  );
});

t.test("a range that does not exist stops the process", async (t) => {
  for (const range of ["10.0.0.0/33", "10.0.0/8", "::/129", "nobody"]) t.throws(() => createClientAddresses([range]));
  t.doesNotThrow(() => createClientAddresses(["0.0.0.0/0", "::/0"]));
});

t.test("clients behind the balancer are limited apart; one that invents addresses stays one", async (t) => {
  const { app } = await buildTestApp({ limits: { rateLimitPerMinute: 2, trustedProxies: trusted } });
  t.teardown(() => app.close());
  const statuses = async (forwarded: readonly string[], remoteAddress = balancer) => {
    const codes: number[] = [];
    for (const [sent, address] of forwarded.entries()) {
      const reply = await app.inject({
        method: "POST",
        url: "/registrations",
        remoteAddress,
        headers: { "content-type": "application/json", "x-forwarded-for": address },
        payload: { ...valid, email: `ann${sent}@example.org` },
      });
      codes.push(reply.statusCode);
    }
    return codes;
  };
  t.same(await statuses(["203.0.113.1", "203.0.113.1:7", "198.51.100.9, 203.0.113.1"]), [202, 202, 429]);
  t.same(await statuses(["203.0.113.2"]), [202], "another client");
  const forged = ["203.0.113.3", "203.0.113.4", "203.0.113.5"];
  t.same(await statuses(forged, "192.0.2.1"), [202, 202, 429], "control: who is no proxy of ours tells no addresses");
});
