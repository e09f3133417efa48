import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { countSubmissions, readSubmissions, type RejectedRow } from "../../../load/people/submission-file.ts";
import { createExportFormat } from "../../../admin/registrations/export-format.ts";
import { createConsentRecords } from "../../../shared/registration/consent.ts";
import { fieldsEvent, fullAnswers } from "../../equipment/fields-event.ts";
import { loadEvent, parseEvent } from "../../../shared/registration/event-definition.ts";

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));

async function read(t: Test, name: string, content: string | Buffer, of = event) {
  const path = join(t.testdir(), name);
  writeFileSync(path, content);
  const refused: RejectedRow[] = [];
  const rows: { line: number | undefined; submission: unknown }[] = [];
  for await (const { line, submission } of readSubmissions({
    path,
    event: of,
    onRejected: (row) => refused.push(row),
  })) {
    rows.push({ line, submission });
  }
  t.equal(await countSubmissions({ path, event: of }), rows.length);
  return { rows, refused };
}

t.test("CSV answers the fields that its header names, in their types; empty cells are no answers", async (t) => {
  const content = `email,name,guests,newsletter,ticket,organisation
a@example.org,Ann,3,yes,Both days, two blanks
b@example.org,"Bob, Jr.",,no,,
c@example.org,Cem,three,maybe,Sunday,
`;
  const { rows, refused } = await read(t, "people.csv", content);
  t.strictSame(rows, [
    {
      line: 2,
      submission: {
        email: "a@example.org",
        name: "Ann",
        answers: { guests: 3, newsletter: true, ticket: "Both days", organisation: " two blanks" },
      },
    },
    { line: 3, submission: { email: "b@example.org", name: "Bob, Jr.", answers: { newsletter: false } } },
    {
      line: 4,
      submission: {
        email: "c@example.org",
        name: "Cem",
        answers: { guests: "three", newsletter: "maybe", ticket: "Sunday" },
      },
    },
  ]);
  t.strictSame(refused, []);
});

t.test(
  "CSV as spreadsheets write it: byte order mark, semicolons, CRLF, rows over several lines, stray quotes",
  async (t) => {
    const content =
      '\ufeffName;Email;organisation\r\nAnn;a@example.org;"two\r\nlines"\r\n\r\nBob "Bo" B;b@example.org;x\r\nCem;c@example.org\r\n';
    const { rows, refused } = await read(t, "people.CSV", content);
    t.match(rows, [
      { line: 2, submission: { email: "a@example.org", name: "Ann", answers: { organisation: "two\r\nlines" } } },
      { line: 5, submission: { name: 'Bob "Bo" B' } },
    ]);
    t.strictSame(refused, [{ line: 6, reasons: ["has 2 cells, but the header has 3"] }]);
  },
);

t.test(
  "CSV as spreadsheets write it: a line that names the separator, nameless columns and rows of nothing",
  async (t) => {
    const content = `sep=;\r
email;name;guests;newsletter;;;\r
a@example.org;Ann;2,5;WAHR;;;\r
;;;;;;\r
b@example.org;Bo;3;Nein;;;\r
c@example.org;Cem;1;Ja;;stray;\r
d@example.org;Dee;1;FALSCH;;;;;\r
e@example.org;Eve;1;x\r
f@example.org;Fay;1\r
`;
    const { rows, refused } = await read(t, "people.csv", content);
    t.strictSame(rows, [
      { line: 3, submission: { email: "a@example.org", name: "Ann", answers: { guests: 2.5, newsletter: true } } },
      { line: 5, submission: { email: "b@example.org", name: "Bo", answers: { guests: 3, newsletter: false } } },
      { line: 7, submission: { email: "d@example.org", name: "Dee", answers: { guests: 1, newsletter: false } } },
      { line: 8, submission: { email: "e@example.org", name: "Eve", answers: { guests: 1, newsletter: true } } },
    ]);
    t.strictSame(refused, [
      { line: 6, reasons: ["has a cell 6, for which the header has no name"] },
      { line: 9, reasons: ["has 3 cells, but the header has 7"] },
    ]);
    const plain = await read(t, "people.csv", "email,name,guests,,,\na@example.org,Ann,3,,,\n,,,,,\n");
    t.strictSame(plain, {
      rows: [{ line: 2, submission: { email: "a@example.org", name: "Ann", answers: { guests: 3 } } }],
      refused: [],
    });
    const quoted = await read(t, "people.csv", '"sep=\t"\n\nemail\tname\na@example.org\tAnn\n');
    t.match(quoted.rows, [{ line: 4, submission: { name: "Ann" } }]);
  },
);

const exported = {
  email: "ada@example.org",
  registrationId: "id-1",
  name: "=Ada;=1+1",
  answers: {
    ticket: "Both days",
    guests: 1.5,
    newsletter: false,
    organisation: '\t"two"\r\n- lines,+1 \'=x',
    removed: "x;=1",
    count: 7,
  },
  submittedAt: "2026-01-01T09:00:00.000Z",
  storedAt: "2026-01-01T09:00:01.000Z",
  expiresAt: 1_800_000_000,
};

t.test("an export with every kind of field is read back as it was sent, in both formats", async (t) => {
  const own = fieldsEvent();
  const { email, name } = exported;
  const stored = { ...exported, answers: createConsentRecords(own).keep(fullAnswers) };
  for (const [file, { head, line }] of [
    ["people.csv", createExportFormat("csv", own)],
    ["people.csv", createExportFormat("csv", undefined)],
    ["people.jsonl", createExportFormat("jsonl", own)],
  ] as const) {
    const { rows } = await read(t, file, head + line(stored), own);
    t.same(rows[0]?.submission, { email, name, answers: fullAnswers }, file);
  }
  const typed = "email,name,workshops,photos,arrival,phone\na@example.org,Ann,Rust;Zig,ja,2026-05-09, 12345\n";
  const { rows } = await read(t, "people.csv", typed, own);
  t.same(rows[0]?.submission, {
    email: "a@example.org",
    name: "Ann",
    answers: { workshops: ["Rust", "Zig"], photos: true, arrival: "2026-05-09", phone: "12345" },
  });
});

t.test("an export is read back as it was registered, in both formats, by the same event or none", async (t) => {
  const { email, name, answers } = exported;
  const formats = [
    ["people.csv", createExportFormat("csv", event)],
    ["people.csv", createExportFormat("csv", event, { startWithByteOrderMark: false })],
    ["people.csv", createExportFormat("csv", undefined)],
    ["people.jsonl", createExportFormat("jsonl", event)],
  ] as const;
  for (const [file, { head, line }] of formats) {
    const { rows, refused } = await read(t, file, head + line(exported));
    t.same(refused, []);
    t.equal(rows.length, 1);
    t.same(rows[0]?.submission, { email, name, answers }, file);
  }
});

t.test("an export that a spreadsheet has saved at semicolons is read back too", async (t) => {
  const content = `\ufeffemail;name;registrationId;submittedAt;storedAt;ticket;organisation;newsletter;guests;otherAnswers\r
ada@example.org;'=Ada;id-1;2026-01-01T09:00:00.000Z;2026-01-01T09:00:01.000Z;Both days;;FALSCH;1,5;\r
`;
  const { rows } = await read(t, "people.csv", content);
  const answers = { ticket: "Both days", newsletter: false, guests: 1.5 };
  t.same(rows, [{ line: 2, submission: { email: "ada@example.org", name: "=Ada", answers } }]);
  const broken = await read(t, "people.csv", "email,name,otherAnswers\na@example.org,A,[1]\n");
  t.match(broken.refused, [{ line: 2, reasons: [/otherAnswers/] }]);
});

t.test("in a list that is no export an apostrophe is what somebody wrote, and a field keeps its name", async (t) => {
  const { rows } = await read(t, "people.csv", "email,name\na@example.org,'=Ada\n");
  t.match(rows, [{ submission: { name: "'=Ada" } }]);
  const path = join(t.testdir(), "people.csv");
  writeFileSync(path, "email,name,storedAt\na@example.org,Ada,'+shelf\n");
  const withField = parseEvent({ ...event, fields: [{ id: "storedAt", type: "text", label: "Stored at" }] });
  for await (const { submission } of readSubmissions({ path, event: withField, onRejected() {} }))
    t.match(submission, { answers: { storedAt: "'+shelf" } });
});

t.test("JSON Lines are sent as they stand; what is no object is refused with its line", async (t) => {
  const content =
    '{"email":"a@example.org","name":"A\u2028B"}\nnope\n\n[1]\n{"email":5}\n{"email":"z@example.org","name":"Z"}';
  const { rows, refused } = await read(t, "people.jsonl", content);
  t.strictSame(rows, [
    { line: 1, submission: { email: "a@example.org", name: "A\u2028B" } },
    { line: 5, submission: { email: 5 } },
    { line: 6, submission: { email: "z@example.org", name: "Z" } },
  ]);
  t.strictSame(
    refused.map(({ line }) => line),
    [2, 4],
  );
});

t.test("a file that cannot be used as a whole is refused before anything is sent, with its reason", async (t) => {
  const unusable: [string, string | Buffer, RegExp][] = [
    ["a.csv", "", /empty/],
    ["a.csv", "mail,name\n", /no column email/],
    ["a.csv", "email,name,shoe size,shoe size\n", /two columns shoe size.*no field "shoe size".*email, name, ticket/],
    ["a.csv", Buffer.from("email,name\na@example.org,J\xf6rg\n", "latin1"), /not UTF-8/],
    ["a.csv", 'email,name\na@example.org,"open\nb@example.org,B\n', /row 2 a quotation mark is not closed/],
    ["a.jsonl", Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
    ["a.xlsx", "", /must end with \.csv, \.jsonl or \.ndjson/],
  ];
  for (const [name, content, message] of unusable) {
    await t.rejects(read(t, name, content), { code: "TURNOUT_USAGE_INVALID", message });
  }
  const missing = countSubmissions({ path: "/nowhere/people.csv", event });
  await t.rejects(missing, { code: "TURNOUT_USAGE_INVALID", message: /nowhere/ });
});

t.test("every row has a key of its own", async (t) => {
  const path = join(t.testdir(), "people.jsonl");
  writeFileSync(path, "{}\n".repeat(100));
  const keys = new Set<string>();
  for await (const { idempotencyKey } of readSubmissions({ path, event, onRejected() {} })) keys.add(idempotencyKey);
  t.equal(keys.size, 100);
});
