import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { createExportFormat, type ExportFormatName } from "../../../admin/registrations/export-format.ts";
import { readExport } from "../../../admin/registrations/export-reader.ts";

const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T09:00:00Z",
  closesAt: "2026-12-31T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "meals", type: "choices", label: "Meals", options: ["Lunch", "Dinner"] },
    { id: "guests", type: "number", label: "Guests" },
    { id: "news", type: "checkbox", label: "Newsletter" },
    { id: "name", type: "text", label: "On the badge" },
  ],
});
const stored = {
  email: "ann@example.org",
  name: '=Ann, "Lee"\n',
  registrationId: "id-123456",
  submittedAt: "2026-05-01T07:10:00.000Z",
  storedAt: "2026-05-01T07:11:00.000Z",
  answers: { meals: ["Lunch", "Dinner"], guests: 0, news: false, name: "@ann\u2028x", older: "+1" },
};

async function readAll(path: string) {
  const all = [];
  for await (const registration of readExport(path, event)) all.push(registration);
  return all;
}

async function readBack(folder: string, format: ExportFormatName) {
  const path = join(folder, `people.${format}`);
  const { head, line } = createExportFormat(format, event);
  writeFileSync(path, head + line(stored) + line({ ...stored, email: "bob@example.org", answers: {} }));
  return readAll(path);
}

t.test("both formats are read back as they were stored", async (t) => {
  for (const format of ["csv", "jsonl"] as const) {
    const [ann, bob] = await readBack(t.testdir(), format);
    const { email, name, registrationId, submittedAt, answers } = stored;
    t.match(ann, { email, name, registrationId, submittedAt }, format);
    t.same(ann?.answers, answers, format);
    t.same(bob?.answers, {}, format);
  }
});

t.test("what is no export is refused with what is wrong", async (t) => {
  const folder = t.testdir({
    "list.txt": "",
    "list.csv": "address\nann@example.org\n",
    "broken.csv": 'email,name\nann@example.org,"Ann\n',
    "list.jsonl": '{"email":"ann@example.org"}\nAnn\n',
  });
  for (const [file, why] of [
    ["list.txt", /must end with/],
    ["list.csv", /no column email/],
    ["broken.csv", /cannot be used/],
    ["list.jsonl", /line 2/],
    ["missing.csv", /ENOENT/],
    ["missing.jsonl", /ENOENT/],
  ] as const) {
    const reading = readAll(join(folder, file));
    await t.rejects(reading, { code: "TURNOUT_USAGE_INVALID", message: why }, file);
  }
});
