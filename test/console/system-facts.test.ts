import t from "tap";
import { createSystemFacts } from "../../console/system-facts.ts";
import { deadConnection, event } from "./open-console.ts";

t.test("everything is told without asking AWS, and what cannot be known is said so", async (t) => {
  const connection = deadConnection(t);
  const identity = () => Promise.reject(new Error("no credentials"));
  const facts = createSystemFacts({ connection, identity, event, lookEverySeconds: 2 });
  const all = new Map((await facts.groups()).flatMap((group) => group.facts.map(([name, value]) => [name, value])));
  t.match(all.get("You are"), "not known");
  t.match(all.get("Worker tier"), "WORKER_URL");
  t.equal(all.get("Fields"), "ticket (select), guests (number), conduct (checkbox)");
  t.equal(all.get("A message stays on the queue"), "14 d at most");
  t.equal(all.get("Region"), "eu-central-1");
});
