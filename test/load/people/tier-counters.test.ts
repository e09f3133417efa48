import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { createTierCounters } from "../../../load/people/tier-counters.ts";

t.test(
  "a counter grows from the first look on, summed over its labels, also across a restart of the tier",
  async (t) => {
    let page = "";
    const server = createServer((_, response) => (page === "" ? response.writeHead(500).end() : response.end(page)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => server.close());
    const counters = createTierCounters(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const show = (process: number, a: number, b: number) =>
      (page = `# HELP x y\nprocess_start_time_seconds ${process}\nsent_total{kind="a",tier="web"} ${a}\nsent_total{kind="b"} ${b}\n`);

    await counters.look();
    t.equal(counters.grown("sent_total"), undefined, "a tier that does not answer is passed over");
    show(1, 10, 5);
    await counters.look();
    t.equal(counters.grown("sent_total"), 0);
    show(1, 14, 6);
    await Promise.all([counters.look(), counters.look()]);
    t.equal(counters.grown("sent_total"), 5);
    t.notOk(counters.restarted);
    show(2, 30, 0);
    await counters.look();
    t.equal(counters.grown("sent_total"), 35);
    t.ok(counters.restarted);
    t.equal(counters.grown("other_total"), undefined);
  },
);

t.test("a tier without an address has no figures", async (t) => {
  const counters = createTierCounters(undefined);
  await counters.look();
  t.equal(counters.grown("sent_total"), undefined);
});
