import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { t } from "../../equipment/file-test.ts";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { createLatencies } from "../../../load/run/latencies.ts";
import { createKeyIndex } from "../../../admin/audit/key-index.ts";
import { readStoredDelays } from "../../../load/run/stored-delays.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { createTierCounters } from "../../../load/run/tier-counters.ts";

t.test("quantiles are exact, whatever the order and however many", async (t) => {
  const latencies = createLatencies();
  t.equal(latencies.quantile(0.5), undefined);
  for (let value = 10_000; value >= 1; value -= 1) latencies.add(value);
  t.equal(latencies.count, 10_000);
  t.equal(latencies.quantile(0.5), 5_000);
  t.equal(latencies.quantile(0.99), 9_900);
  t.equal(latencies.quantile(1), 10_000);
  t.equal(latencies.quantile(0), 1);
});

t.test("it may go on after it was asked", async (t) => {
  const latencies = createLatencies();
  latencies.add(5);
  t.equal(latencies.quantile(0.99), 5);
  latencies.add(1);
  t.equal(latencies.quantile(0), 1);
  t.equal(latencies.quantile(0.99), 5);
});

t.test("only the registrations that are asked for count, each by its own two times", async (t) => {
  const { connection } = await startEngines(t);
  const { documents, registrationsTable: TableName } = connection;
  const ids = createKeyIndex();
  for (let number = 1; number <= 20; number += 1) {
    const registrationId = `id-${number}`;
    if (number <= 10) ids.add(registrationId);
    const submittedAt = new Date(1_000_000).toISOString();
    const storedAt = new Date(1_000_000 + number * 100).toISOString();
    await documents.send(
      new PutCommand({ TableName, Item: { email: `${number}@example.org`, registrationId, submittedAt, storedAt } }),
    );
  }
  const Item = createTombstone("erased@example.org", "erased", "id-9", 0);
  ids.add("id-21");
  await documents.send(new PutCommand({ TableName, Item: { ...Item, registrationId: "id-21" } }));
  const delays = new Map<number, number>();
  await readStoredDelays({
    documents,
    tableName: TableName,
    ids,
    signal: new AbortController().signal,
    onDelay: (milliseconds, number) => void delays.set(number, milliseconds),
  });
  t.equal(delays.size, 10);
  t.equal(delays.get(0), 100);
  t.equal(delays.get(9), 1_000);
});

t.test(
  "a counter grows from the first reading on, summed over its labels, also across a restart of the tier",
  async (t) => {
    let page = "";
    const server = createServer((_, response) => (page === "" ? response.writeHead(500).end() : response.end(page)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => server.close());
    const counters = createTierCounters(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const show = (process: number, a: number, b: number) =>
      (page = `# HELP x y\nprocess_start_time_seconds ${process}\nsent_total{kind="a",tier="web"} ${a}\nsent_total{kind="b"} ${b}\n`);

    await counters.poll();
    t.equal(counters.grown("sent_total"), undefined, "a tier that does not answer is passed over");
    show(1, 10, 5);
    await counters.poll();
    t.equal(counters.grown("sent_total"), 0);
    show(1, 14, 6);
    await Promise.all([counters.poll(), counters.poll()]);
    t.equal(counters.grown("sent_total"), 5);
    t.notOk(counters.restarted);
    show(2, 30, 0);
    await counters.poll();
    t.equal(counters.grown("sent_total"), 35);
    t.ok(counters.restarted);
    t.equal(counters.grown("other_total"), undefined);
  },
);

t.test("a tier without an address has no figures", async (t) => {
  const counters = createTierCounters(undefined);
  await counters.poll();
  t.equal(counters.grown("sent_total"), undefined);
});
