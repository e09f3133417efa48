/** Who is erased stays erased, whatever is still on its way; and whoever registers again afterwards is registered. */
import { DeleteCommand, GetCommand } from "@aws-sdk/lib-dynamodb";
import t from "tap";
import { runCommand } from "../equipment/command-run.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { acceptedOf, postRegistration, untilConfirmed, type Accepted } from "../equipment/attendee.ts";
import { eventually } from "../equipment/eventually.ts";

t.setTimeout(180_000);

const { env, connection, stack } = await startEngines(t, ["web", "worker"]);
const { documents, registrationsTable: TableName, outcomesTable } = connection;
const { web = "" } = stack.urls;

const register = async (email: string) => acceptedOf(await postRegistration(web, { email, name: "Ann" }));
const item = async (email: string) =>
  (await documents.send(new GetCommand({ TableName, Key: { email }, ConsistentRead: true }))).Item;
const idsIn = async (email: string) => String((await item(email))?.registrationId);

/** @returns what its receipt shows, or 404 */
async function status({ statusUrl }: Accepted): Promise<string> {
  const response = await fetch(web + statusUrl);
  return response.status === 200 ? ((await response.json()) as { status: string }).status : String(response.status);
}

const forget = (email: string) =>
  runCommand(["registrations", "forget", email, "--execute", "--yes", "--json"], { env });

/** Somebody else, after whom the worker has done everything that was queued before. */
async function everythingDone(): Promise<void> {
  await untilConfirmed(web, await register(`last-${Math.random()}@example.org`), 60_000);
  await eventually(
    async () => {
      const run = await runCommand(["queue", "--json"], { env });
      const { messages } = run.json() as { messages: number };
      return messages === 0;
    },
    "the queue is empty",
    60_000,
  );
}

t.test("an erasure cannot be reverted by what is queued, nor by what is redelivered", async (t) => {
  const [stored, queued] = ["stored@example.org", "queued@example.org"];
  const first = await register(stored);
  await untilConfirmed(web, first);
  const again = await register(stored);
  await untilConfirmed(web, again);

  stack.kill("worker", "SIGSTOP");
  const receipts = [first, again, await register(stored), await register(queued), await register(queued)];
  for (const email of [stored, queued]) {
    const { code, json } = await forget(email);
    t.equal(code, 0);
    t.match(json(), { tombstone: true, registration: email === stored ? "erased" : "none" });
  }
  t.same([await status(first), await status(again)], ["404", "404"], "at once, of what was known");
  stack.kill("worker", "SIGCONT");
  await everythingDone();
  for (const email of [stored, queued]) {
    t.match(await item(email), { tombstone: "erased", name: undefined });
    t.equal((await runCommand(["registrations", "find", email], { env })).code, 1);
  }
  for (const receipt of receipts) t.equal(await status(receipt), "404");

  for (const email of [stored, queued]) {
    const anew = await register(email);
    await untilConfirmed(web, anew);
    t.match(await item(email), { name: "Ann", tombstone: undefined }, "who registers again is registered");
  }
  for (const receipt of receipts) t.equal(await status(receipt), "404", "and the old receipts show nothing of it");
});

t.test("control: a registration that is only deleted is back as soon as the worker goes on", async (t) => {
  const email = "deleted@example.org";
  stack.kill("worker", "SIGSTOP");
  const receipt = await register(email);
  await documents.send(new DeleteCommand({ TableName, Key: { email } }));
  stack.kill("worker", "SIGCONT");
  await everythingDone();
  t.match(await item(email), { name: "Ann" });
  await eventually(async () => (await status(receipt)) === "confirmed", "it is shown");
});

t.test("what was erased is explained in the outcomes, without anything of the person", async (t) => {
  const email = "explained@example.org";
  const [first, second] = [await register(email), await register(email)];
  for (const receipt of [first, second]) await untilConfirmed(web, receipt);
  const id = await idsIn(email);
  await forget(email);
  const { Item } = await documents.send(new GetCommand({ TableName: outcomesTable, Key: { id } }));
  t.match(Item, { outcome: "erased" });
  t.notMatch(JSON.stringify(Item), email);
});
