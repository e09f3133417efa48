import { parse } from "csv-parse/sync";
import { t } from "../../equipment/file-test.ts";
import { createExportFormat } from "../../../admin/registrations/export-format.ts";
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
  });
});

t.test("without an event all answers stand together", async (t) => {
  const format = createExportFormat("csv", undefined);
  const [row] = parse(format.head + format.line(registration), { columns: true, bom: true }) as [
    Record<string, string>,
  ];
  t.same(JSON.parse(row.otherAnswers ?? ""), registration.answers);
});

t.test("JSON Lines are the registrations as they are", async (t) => {
  const format = createExportFormat("jsonl", event);
  t.equal(format.head, "");
  t.same(JSON.parse(format.line(registration)), registration);
});

t.test("CSV starts with a byte order mark, by which spreadsheets know UTF-8, unless it is not wanted", async (t) => {
  t.match(createExportFormat("csv", event).head, /^\ufeff"email","name",/);
  t.match(createExportFormat("csv", event, { startWithByteOrderMark: false }).head, /^"email","name",/);
  t.equal(createExportFormat("jsonl", event, { startWithByteOrderMark: true }).head, "", "JSON has none");
});
