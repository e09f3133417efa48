import { t } from "../equipment/file-test.ts";
import { eventRecord } from "../../infra/event-record.ts";
import { event } from "./synthesis.ts";
import { synthesized } from "./templates.ts";

t.test("the template records the fields that are deployed", async (t) => {
  const { main } = await synthesized();
  t.match(main.Metadata, eventRecord(event));
  t.equal(main.Metadata["turnout:event-fields"], "[]");
});
