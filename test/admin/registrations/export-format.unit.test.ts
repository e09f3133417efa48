import { parse } from "csv-parse/sync";
import { t } from "../../equipment/file-test.ts";
import { createExportFormat } from "../../../admin/registrations/export-format.ts";
import { unguardFormulas } from "../../../admin/registrations/csv.ts";
import { choicesOf } from "../../../admin/registrations/file-columns.ts";
import { referenceOf } from "../../../shared/registration/reference.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";

const registration = {
  email: "ann@example.org",
  registrationId: "id-1",
  name: "=Ann",
  answers: { guests: 2, name: "badge", colour: "red" },
  submittedAt: "2026-01-01T09:00:00.000Z",
  storedAt: "2026-01-01T09:00:01.000Z",
};
const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2027-01-01T00:00:00Z",
  timeZone: "UTC",
  fields: [
    { id: "guests", type: "number", label: "Guests" },
    { id: "name", type: "text", label: "Name on the badge" },
  ],
});

t.test("CSV has a column for each field, and none of the answers is left out", async (t) => {
  const format = createExportFormat("csv", event);
  const [row] = parse(format.head + format.line(registration), { columns: true, bom: true });
  t.same(row, {
    email: "ann@example.org",
    name: "'=Ann",
    registrationId: "id-1",
    submittedAt: registration.submittedAt,
    storedAt: registration.storedAt,
    guests: "2",
    "answers.name": "badge",
    otherAnswers: '{"colour":"red"}',
    changedAt: "",
    language: "",
    reference: referenceOf("id-1"),
  });
});

t.test("when it was corrected, and in which language, stands after all that was there before", async (t) => {
  const format = createExportFormat("csv", event);
  const corrected = { ...registration, changedAt: "2026-01-02T09:00:00.000Z", language: "de", mailbox: true };
  const [head = [], row = []] = parse(format.head + format.line(corrected), { bom: true });
  t.same(head.slice(-4), ["otherAnswers", "changedAt", "language", "reference"]);
  t.same(row.slice(-3), ["2026-01-02T09:00:00.000Z", "de", referenceOf("id-1")]);
});

t.test("without an event all answers stand together", async (t) => {
  const format = createExportFormat("csv", undefined);
  const [row] = parse(format.head + format.line(registration), { columns: true, bom: true }) as [
    Record<string, string>,
  ];
  t.same(JSON.parse(row.otherAnswers ?? ""), registration.answers);
});

t.test("several choices are one cell that no spreadsheet computes, and an array in JSON Lines", async (t) => {
  const choices = parseEvent({
    ...event,
    fields: [{ id: "days", type: "choices", label: "Days", options: ["Friday", "=1+1", "-2"] }],
  });
  const chosen = { ...registration, answers: { days: ["Friday", "=1+1", "-2"] } };
  const format = createExportFormat("csv", choices);
  const [row] = parse(format.head + format.line(chosen), { columns: true, bom: true }) as [Record<string, string>];
  t.equal(row.days, "Friday; '=1+1; '-2");
  t.same(choicesOf(unguardFormulas(row.days ?? "")), chosen.answers.days, "and comes back as it was");
  t.same(JSON.parse(createExportFormat("jsonl", choices).line(chosen)), {
    ...chosen,
    reference: referenceOf("id-1"),
  });
});

t.test("JSON Lines are the registrations as they are, with the reference that their attendees quote", async (t) => {
  const format = createExportFormat("jsonl", event);
  t.equal(format.head, "");
  t.same(JSON.parse(format.line(registration)), { ...registration, reference: referenceOf("id-1") });
});

t.test("CSV starts with a byte order mark, by which spreadsheets know UTF-8, unless it is not wanted", async (t) => {
  t.match(createExportFormat("csv", event).head, /^\ufeff"email","name",/);
  t.match(createExportFormat("csv", event, { startWithByteOrderMark: false }).head, /^"email","name",/);
  t.equal(createExportFormat("jsonl", event, { startWithByteOrderMark: true }).head, "", "JSON has none");
});

t.test("an answer that has expired is in no export, from that moment on", async (t) => {
  const expiresAt = "2027-02-01T00:00:00Z";
  const [guests, name] = event.fields;
  const expiring = parseEvent({ ...event, fields: [{ ...guests, expiresAt }, name] });
  const rowAt = (at: number) => {
    const format = createExportFormat("csv", expiring, { wallClock: () => at });
    return (
      parse(format.head + format.line(registration), { columns: true, bom: true }) as Record<string, string>[]
    )[0];
  };
  const answersAt = (at: number) =>
    (
      JSON.parse(createExportFormat("jsonl", expiring, { wallClock: () => at }).line(registration)) as {
        answers: object;
      }
    ).answers;
  const end = Date.parse(expiresAt);
  t.match(rowAt(end - 1), { guests: "2", "answers.name": "badge" });
  t.match(rowAt(end), { guests: "", "answers.name": "badge", otherAnswers: '{"colour":"red"}' });
  t.same(answersAt(end - 1), registration.answers);
  t.same(answersAt(end), { name: "badge", colour: "red" });
});
