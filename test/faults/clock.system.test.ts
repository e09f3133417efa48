/** Clocks that are wrong by 20 minutes: AWS rejects the signature, the SDK corrects itself, and receipts do not care. */
import t from "tap";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "./cell.ts";
import { expectStored } from "./expect-stored.ts";
import { createInstancesClient } from "./instances-client.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
// Each has a cell of its own, and mostly waits.
t.jobs = 3;
const client = createInstancesClient();
t.teardown(() => client.close());

async function confirmedAt(web: string, statusUrl: string): Promise<void> {
  await eventually(
    async () => (await client.status(web, statusUrl)) === "confirmed",
    "its receipt says confirmed",
    20_000,
  );
}

for (const minutes of [20, -20]) {
  const name = minutes > 0 ? "20 minutes fast" : "20 minutes slow";
  t.test(`tiers whose clocks are ${name} accept, store and confirm, and their receipts hold elsewhere`, async (t) => {
    const cell = await engines.createCell();
    t.teardown(() => cell.close());
    const skewed = (tier: "web" | "worker") => ({
      name: `skewed-${tier}`,
      program: "variants/skewed-clock.ts",
      environment: { CLOCK_SKEW_MINUTES: String(minutes), TIER: tier },
    });
    const [wrong, right] = await Promise.all([cell.startTier("web", skewed("web")), cell.startTier("web")]);
    const submissions = Array.from({ length: 20 }, (_, index) => ({
      email: `clock-${index}@example.org`,
      name: "Clock",
    }));
    const replies = await Promise.all(
      submissions.map((submission, index) =>
        client.post(index % 2 === 0 ? wrong.url : right.url, submission, `key-${submission.email}`),
      ),
    );
    t.same(new Set(replies.map(({ status }) => status)), new Set([202]));
    t.ok(cell.sqsProxy.rejectedSignatures > 0, "signatures of the wrong time were rejected at first");
    await cell.startTier("worker", skewed("worker"));
    await cell.drained();
    t.ok(cell.dynamoDbProxy.rejectedSignatures > 0);
    for (const [index, { statusUrl }] of replies.entries()) {
      // Sealed by one clock, opened by the other.
      const elsewhere = index % 2 === 0 ? right : wrong;
      await confirmedAt(elsewhere.url, statusUrl!);
    }
    // Duplicates whose times, by the other clock, are long before or after those of the first ones.
    const second = await Promise.all(
      submissions.map((submission, index) =>
        client.post(index % 2 === 0 ? right.url : wrong.url, submission, `again-${submission.email}`),
      ),
    );
    t.same(new Set(second.map(({ status }) => status)), new Set([202]));
    for (const { statusUrl } of second) for (const { url } of [wrong, right]) await confirmedAt(url, statusUrl!);
    await expectStored(
      t,
      cell,
      submissions.map(({ email, name: given }) => ({
        id: registrationId(`key-${email}`, email),
        email,
        name: given,
        answers: {},
      })),
    );
  });
}
