import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { countSubmissions, readSubmissions, type RefusedRow } from "../../../admin/load/submission-file.ts";
import { loadEvent } from "../../../shared/event-definition.ts";

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));

async function read(t: Test, name: string, content: string | Buffer) {
  const path = join(t.testdir(), name);
  writeFileSync(path, content);
  const refused: RefusedRow[] = [];
  const rows: { line: number | undefined; submission: unknown }[] = [];
  for await (const { line, submission } of readSubmissions({ path, event, onRefused: (row) => refused.push(row) })) {
    rows.push({ line, submission });
  }
  t.equal(await countSubmissions({ path, event }), rows.length);
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
    t.strictSame(refused, [{ line: 6, reasons: ["has 2 cells, and the header 3"] }]);
  },
);

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
  for await (const { idempotencyKey } of readSubmissions({ path, event, onRefused() {} })) keys.add(idempotencyKey);
  t.equal(keys.size, 100);
});
