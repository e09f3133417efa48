import { t } from "../../equipment/file-test.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { putAll } from "../../equipment/dead-letter-seeds.ts";
import { eventually } from "../../equipment/eventually.ts";
import { deadConnection, openConsole, registrationOf } from "../open-console.ts";

t.test("searches and counts in the console", async (t) => {
  const { connection } = await startEngines(t);
  const { get, post, registrations } = await openConsole(t, connection);
  // Large, so that a scan at its pace takes long: a unit is 8 KB that may be a moment old.
  const note = "x".repeat(20_000);
  const stored = Array.from({ length: 400 }, (_, number) => {
    const { id: registrationId, ...rest } = registrationOf(`ann-${number}@example.org`);
    return { ...rest, name: `Ann Ångström ${number}`, answers: { ...rest.answers, note }, registrationId };
  });
  await putAll(connection.documents, connection.registrationsTable, [
    ...stored,
    createTombstone("gone@example.org", "withdrawn", "gone-1", Date.parse("2026-01-04T10:00:00.000Z")),
  ]);

  async function start(path: string, fields: Record<string, string>) {
    const started = await post(path, fields);
    t.equal(started.statusCode, 303);
    const url = String(started.headers.location);
    t.match(url, /^\/registrations\/scans\/[\w-]+$/, "nothing of an address in it");
    const id = url.slice(url.lastIndexOf("/") + 1);
    return { url, id, state: () => registrations.scans.find(id)?.state };
  }

  t.test("a running one shows how far it is, without a script too, and is stopped", async (t) => {
    const { url, state } = await start("/registrations/searches", { text: "nobody at all" });
    const page = await get(url);
    t.match(page.body, /<noscript><meta http-equiv="refresh"[^]*Searching …[^]*<progress/);
    t.equal((await post(`${url}/stop`)).statusCode, 303);
    await eventually(() => state() === "stopped", "it stops");
    const after = await get(url);
    t.match(after.body, "Stopped before the end");
    t.notMatch(after.body, /http-equiv="refresh"|data-events/);
  });

  t.test("two run at once, each with its own result, and a third is refused", async (t) => {
    const first = await start("/registrations/searches", { text: "ANGSTROM 399" });
    const second = await start("/registrations/counts", {});
    t.match(await post("/registrations/searches", { text: "third" }), {
      statusCode: 400,
      body: /2 searches or counts/,
    });
    await eventually(() => first.state() === "done", "the search ends", 60_000);
    t.match((await get(first.url)).body, /1 found[^]*ann-399@example.org[^]*Ann Ångström 399/);
    await eventually(() => second.state() === "done", "the count ends", 60_000);
    const counts = (await get(second.url)).body;
    t.match(counts, /400 registered[^]*1 were withdrawn[^]*Both[^]*400[^]*Friday[^]*0[^]*Europe\/Berlin[^]*2026-03-01/);
    const third = await start("/registrations/searches", { text: "third" });
    await post(`${third.url}/stop`);
    await eventually(() => third.state() === "stopped", "it stops");
  });

  t.test("no more than a page of people is shown, and reading ends there", async (t) => {
    const { url, id, state } = await start("/registrations/searches", { text: "ann-" });
    await eventually(() => state() === "done", "it ends", 60_000);
    const { body } = await get(url);
    t.match(body, "There are more than 100");
    t.equal(body.split("as-link").length - 1, 100);
    t.ok((registrations.scans.find(id)?.read ?? 400) < 400);
  });

  t.test("a blank search and an unknown one are told", async (t) => {
    t.match(await post("/registrations/searches", { text: "  " }), { statusCode: 400 });
    t.match(await get("/registrations/scans/unknown"), { statusCode: 404, body: /not kept any more/ });
  });
});

t.test("a search that fails says why", async (t) => {
  const { get, post } = await openConsole(t, deadConnection(t));
  const url = String((await post("/registrations/searches", { text: "ann" })).headers.location);
  await eventually(async () => (await get(url)).body.includes("It failed before the end"), "it fails", 30_000);
});
