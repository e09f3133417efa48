import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { openConsole, deadConnection, event } from "../open-console.ts";
import { createSystemFacts } from "../../../console/system-facts.ts";

t.test("the system page tells versions, names and limits, and no secret; the log who did what", async (t) => {
  const { connection } = await startEngines(t);
  const { get, formToken, cookie, deadLetters } = await openConsole(t, connection);
  const { body } = await get("/system");
  t.match(body, new RegExp(`Node\\.js[^]*${process.versions.node}[^]*eu-central-1[^]*Summit[^]*1 to 250`));
  for (const secret of [formToken, cookie.split("=")[1]!, "secretAccessKey"]) t.notMatch(body, secret);
  t.match((await get("/system/log")).body, "No entries yet");
  const entry = { action: "edit", ids: ["some-id"], detail: "changing email", why: "<b>asked</b>" } as const;
  await (await deadLetters.logBegin(entry)).finish("changed email");
  t.match((await get("/system/log")).body, /edit<\/b> changed email[^]*&lt;b&gt;asked/);
});

t.test("everything is told without asking AWS, and what cannot be known is said so", async (t) => {
  const connection = deadConnection(t);
  const identity = () => Promise.reject(new Error("no credentials"));
  const facts = createSystemFacts({ connection, identity, event, pollIntervalSeconds: 2 });
  const all = new Map((await facts.groups()).flatMap((group) => group.facts.map(([name, value]) => [name, value])));
  t.match(all.get("You are"), "unknown");
  t.match(all.get("Worker tier"), "WORKER_URL");
  t.equal(all.get("Fields"), "ticket (select), guests (number), conduct (checkbox)");
  t.match(all.get("Opens"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+/, "in the event's time zone, which is named");
  t.equal(all.get("A message stays on the queue"), "14 d at most");
  t.equal(all.get("Region"), "eu-central-1");
});
