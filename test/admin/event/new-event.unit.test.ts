import { readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { createEvent, writeEventFile } from "../../../admin/event/new-event.ts";
import { loadEvent } from "../../../shared/registration/event-definition.ts";

const answers = {
  name: "Summit",
  description: "",
  language: "en",
  timeZone: "Europe/Berlin",
  opensAt: "2027-03-01T09:00:00+01:00",
  closesAt: "2027-04-20T18:00:00+02:00",
  questions: [] as string[],
};
const fieldsOf = (...questions: string[]) => createEvent({ ...answers, questions }).fields;

t.test("questions become fields: with options a choice, with a star required, the others optional texts", async (t) => {
  t.same(fieldsOf("Ticket*: Friday, Saturday", "Your organisation", " Seat : A "), [
    { id: "ticket", label: "Ticket", required: true, type: "select", options: ["Friday", "Saturday"] },
    { id: "yourOrganisation", label: "Your organisation", type: "text" },
    { id: "seat", label: "Seat", type: "select", options: ["A"] },
  ]);
});

t.test("every field has an id of its own that is allowed, whatever its label", async (t) => {
  const ids = fieldsOf("Größe", "Grösse", "ما اسم شركتك؟", "你好", "2 things", "constructor", "x".repeat(60)).map(
    ({ id }) => id,
  );
  t.same(ids, ["groE", "grosse", "question1", "question2", "question3", "constructor2", "x".repeat(37)]);
});

t.test("what is not said is left out, and what is wrong is not written", async (t) => {
  t.notOk("startsAt" in createEvent({ ...answers, startsAt: undefined }));
  t.throws(() => createEvent({ ...answers, closesAt: answers.opensAt }), { code: "TURNOUT_EVENT_INVALID" });
});

t.test("a file is written as it is loaded, and none is replaced but with the word for it", async (t) => {
  const path = join(t.testdir(), "event.json");
  const event = createEvent({ ...answers, questions: ["Ticket: A, B"] });
  t.equal(await writeEventFile(path, event, false), true);
  t.same(loadEvent(path), event);
  t.equal(await writeEventFile(path, createEvent({ ...answers, name: "Other" }), false), false);
  t.match(readFileSync(path, "utf8"), '"Summit"');
  t.equal(await writeEventFile(path, createEvent({ ...answers, name: "Other" }), true), true);
  t.match(readFileSync(path, "utf8"), '"Other"');
});
