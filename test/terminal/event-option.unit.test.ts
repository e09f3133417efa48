import { readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../equipment/file-test.ts";
import { readEvent } from "../../terminal/event-option.ts";

const own = join(import.meta.dirname, "..", "..", "event.json");

t.test("the event is the one that was named, or that of this folder, or none", async (t) => {
  const { name } = JSON.parse(readFileSync(own, "utf8")) as { name: string };
  t.equal(readEvent({}, {})?.name, name);
  t.equal(readEvent({ event: own }, { EVENT_FILE: "elsewhere.json" })?.name, name, "the option before the environment");
  t.equal(readEvent({ event: "none" }, {}), undefined);
  t.throws(() => readEvent({}, { EVENT_FILE: "elsewhere.json" }), { code: "TURNOUT_EVENT_INVALID" });
});
