import { t } from "../../equipment/file-test.ts";
import { eventChanges, type AskedFields } from "../../../admin/event/event-changes.ts";

const asked = (...fields: object[]) => ({ fields }) as unknown as AskedFields;
const ticket = { id: "ticket", type: "select", label: "Ticket", options: ["Friday", "Saturday", "Both"] };
const note = { id: "note", type: "text", label: "Note" };
const guests = { id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4 };

/** @returns kind, field and option of each change */
function found(before: AskedFields, after: AskedFields) {
  return eventChanges(before, after).map(({ kind, field, option }) => [kind, field, ...(option ? [option] : [])]);
}

t.test("the same file, another label, more options, wider limits and optional fields change nothing", async (t) => {
  const before = asked(ticket, note, guests);
  t.same(eventChanges(before, before), []);
  const after = asked(
    { ...ticket, label: "Which day?", options: [...ticket.options, "None"] },
    { ...note, maxLength: 500, hint: "Short." },
    { ...guests, maximum: 9 },
    { id: "more", type: "checkbox", label: "More" },
  );
  t.same(eventChanges(before, after), []);
});

t.test("a field that is gone is told, and what may be its new name", async (t) => {
  t.same(found(asked(ticket, note), asked(ticket)), [["field-removed", "note"]]);
  const [renamed] = eventChanges(asked(note), asked({ ...note, id: "remark" }));
  t.match(renamed, { pointer: "/fields", detail: /new field remark has the same label/ });
  const [gone] = eventChanges(asked(note), asked({ ...guests, id: "other" }));
  t.notMatch(gone?.detail, /same label/);
});

t.test("an option that is gone is told by its name, and the one in its place", async (t) => {
  const after = asked({ ...ticket, options: ["Fri", "Saturday", "Both"] });
  t.same(found(asked(ticket), after), [["option-removed", "ticket", "Friday"]]);
  const [change] = eventChanges(asked(ticket), after);
  t.match(change, { pointer: "/fields/0/options", detail: /If "Fri" is its new name/ });
  const fewer = eventChanges(asked(ticket), asked({ ...ticket, options: ["Saturday"] }));
  t.equal(fewer.length, 2);
  t.notMatch(fewer[0]?.detail, /new name/);
});

t.test("another type is told once, whatever its options and limits", async (t) => {
  t.same(found(asked(ticket), asked({ ...note, id: "ticket" })), [["type-changed", "ticket"]]);
});

t.test("limits that leave less room are told together", async (t) => {
  const after = asked({ ...guests, minimum: 1, maximum: 2, integer: true });
  t.same(found(asked(guests), after), [["limit-narrowed", "guests"]]);
  t.match(
    eventChanges(asked(guests), after)[0]?.detail,
    /minimum is 1 and was 0, maximum is 2 and was 4, integer is true/,
  );
  t.same(found(asked(note), asked({ ...note, maxLength: 200 })), [], "as it was by default");
  t.same(found(asked(note), asked({ ...note, maxLength: 199 })), [["limit-narrowed", "note"]]);
  t.same(found(asked({ ...note, maxLength: 300 }), asked(note)), [["limit-narrowed", "note"]]);
});

t.test("what is required now is told, of new fields as well", async (t) => {
  const after = asked({ ...note, required: true }, { ...guests, required: true });
  t.same(found(asked(note), after), [
    ["now-required", "note"],
    ["now-required", "guests"],
  ]);
  t.same(found(after, asked(note, guests)), [], "and not the other way round");
});

t.test("another wording of a consent, and a field that is asked of others, are told", async (t) => {
  const consent = { id: "photos", type: "consent", label: "Photos", text: "You may publish photos of me." };
  t.same(found(asked(consent), asked({ ...consent, text: "You may not." })), [["wording-changed", "photos"]]);
  const when = { field: "photos", is: true };
  t.same(found(asked(note), asked({ ...note, when })), [["asked-of-fewer", "note"]]);
  t.same(found(asked({ ...note, when }), asked(note)), [], "everybody is more");
});

t.test("answers that are deleted at another moment than whoever gave them was told", async (t) => {
  const [early, late] = ["2027-05-01T00:00:00+02:00", "2027-06-01T00:00:00+02:00"];
  const diet = { id: "diet", type: "text", label: "Diet" };
  const changed = (was: object, is: object) => eventChanges(asked({ ...diet, ...was }), asked({ ...diet, ...is }));
  t.match(changed({}, { expiresAt: early }), [
    {
      kind: "expiry-changed",
      field: "diet",
      pointer: "/fields/0",
      detail: /deleted after 2027-05-01.*that they are kept/,
    },
  ]);
  t.match(changed({ expiresAt: early }, { expiresAt: late }), [{ detail: /after 2027-06-01.*after 2027-05-01/ }]);
  t.match(changed({ expiresAt: late }, { expiresAt: early }), [{ detail: /after 2027-05-01.*after 2027-06-01/ }]);
  t.match(changed({ expiresAt: early }, {}), [{ detail: /not deleted by itself.*after 2027-05-01/ }]);
  t.same(changed({ expiresAt: early }, { expiresAt: "2027-04-30T22:00:00Z" }), [], "the same moment");
});
