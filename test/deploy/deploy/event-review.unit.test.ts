import { t } from "../../equipment/file-test.ts";
import { checkEvent } from "../../../deploy/deploy/event-review.ts";
import { parseTemplate } from "../../../deploy/stack/template.ts";
import { eventRecord } from "../../../infra/event-record.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";

const ticket = { id: "ticket", type: "select", label: "Ticket", options: ["Friday", "Saturday"] };

function template(...fields: object[]) {
  const event = parseEvent({
    name: "Summit",
    description: "",
    opensAt: "2027-03-01T09:00:00Z",
    closesAt: "2027-03-20T18:00:00Z",
    timeZone: "Europe/Berlin",
    fields,
  });
  return parseTemplate(JSON.stringify({ Metadata: eventRecord(event), Resources: {} }));
}

const none = { choices: [], problems: [], warnings: [] };

t.test("a change that stored registrations do not fit is a problem, and a warning where it is accepted", async (t) => {
  const [before, after] = [template(ticket), template({ ...ticket, options: ["Friday"] })];
  t.match(checkEvent(after, before, "summit-test", false), {
    problems: [/ticket.*"Saturday" is no longer offered.*--stack summit-test.*--accept-event-changes/],
    warnings: [],
  });
  t.match(checkEvent(after, before, "summit-test", true), { problems: [], warnings: [/"Saturday"/] });
});

t.test("the same fields, a first deployment and one of an earlier version have nothing to say", async (t) => {
  t.same(checkEvent(template(ticket), template(ticket), "summit-test", false), none);
  t.same(checkEvent(template(ticket), undefined, "summit-test", false), none);
  t.same(checkEvent(template(ticket), parseTemplate('{"Resources":{}}'), "summit-test", false), none);
});
