/** How an answer of every type is shown: by the page, the console, the command and the exports, from one description. */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { unguardFormulas } from "../../admin/registrations/csv.ts";
import { createExportFormat } from "../../admin/registrations/export-format.ts";
import { consentRecord, hashOf } from "../../shared/registration/consent.ts";
import { parseEvent } from "../../shared/registration/event-definition.ts";
import { eventIn } from "../../shared/registration/event-translation.ts";
import { createPages } from "../../web/page/pages.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { runCommand } from "../equipment/command-run.ts";
import { t } from "../equipment/file-test.ts";
import { openConsole, registrationOf } from "./open-console.ts";

const wording = "Fotos von mir\ndürfen <gezeigt> werden.";
const record = consentRecord(wording);
const agreedTo = String(hashOf(record));

/** `cell`: of an export, where it is not the answer as it is. */
interface Row {
  readonly field: { readonly id: string; readonly type: string; readonly [property: string]: unknown };
  readonly texts: object;
  readonly answer?: string | number | boolean | readonly string[];
  readonly english: string;
  readonly german: string;
  readonly cell?: string;
}

const rows: readonly Row[] = [
  {
    field: { id: "ticket", type: "select", label: "Tage", options: ["Beide", "Freitag"], section: { title: "Besuch" } },
    texts: { label: "Days", options: { Beide: "Both", Freitag: "Friday" }, section: { title: "Visit" } },
    answer: "Beide",
    english: "Both",
    german: "Beide",
  },
  {
    field: { id: "workshops", type: "choices", label: "Kurse", options: ["Weben", "Löten"] },
    texts: { label: "Workshops", options: { Weben: "Weaving", Löten: "Soldering" } },
    answer: ["Weben", "Löten"],
    english: "Weaving\nSoldering",
    german: "Weben\nLöten",
    cell: "Weben; Löten",
  },
  {
    field: { id: "arrival", type: "date", label: "Anreise" },
    texts: { label: "Arrival" },
    answer: "2026-05-09",
    english: "9 May 2026",
    german: "9. Mai 2026",
  },
  {
    field: { id: "phone", type: "telephone", label: "Telefon" },
    texts: { label: "Telephone" },
    answer: "+49 431 1234",
    english: "+49 431 1234",
    german: "+49 431 1234",
  },
  {
    field: { id: "about", type: "text", label: "Über Sie", multiline: true },
    texts: { label: "About you" },
    answer: "one\ntwo",
    english: "one\ntwo",
    german: "one\ntwo",
  },
  {
    field: { id: "badge", type: "text", label: "Schild" },
    texts: { label: "Badge" },
    answer: "2026-05-09",
    english: "2026-05-09",
    german: "2026-05-09",
  },
  {
    field: { id: "friend", type: "email", label: "Begleitung" },
    texts: { label: "Companion" },
    answer: "eve@example.org",
    english: "eve@example.org",
    german: "eve@example.org",
  },
  {
    field: { id: "guests", type: "number", label: "Gäste" },
    texts: { label: "Guests" },
    answer: 0,
    english: "0",
    german: "0",
  },
  {
    field: { id: "news", type: "checkbox", label: "Neues" },
    texts: { label: "News" },
    answer: true,
    english: "Yes",
    german: "Ja",
  },
  {
    field: { id: "photos", type: "consent", label: "Fotos", text: "Heute steht hier anderes." },
    texts: { label: "Photos", text: "Today it says something else." },
    answer: record,
    english: "Yes",
    german: "Ja",
  },
  {
    field: { id: "diet", type: "text", label: "Kost", when: { field: "ticket", is: "Freitag" } },
    texts: { label: "Diet" },
    english: "",
    german: "",
    cell: "",
  },
];

const file = {
  name: "Gipfel",
  description: "",
  language: "de",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2035-01-01T00:00:00Z",
  timeZone: "UTC",
  fields: rows.map(({ field }) => field),
  translations: {
    en: { name: "Summit", fields: Object.fromEntries(rows.map(({ field, texts }) => [field.id, texts])) },
  },
};
const event = parseEvent(file);
const answered = rows.filter(({ answer }) => answer !== undefined);
const answers = Object.fromEntries(answered.map(({ field, answer }) => [field.id, answer])) as Record<string, string>;
const { id: registrationId, ...rest } = registrationOf("ann@example.org");
const stored = { ...rest, answers, registrationId, storedAt: rest.submittedAt };

const plain = (html: string) => html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** @returns terms and details of a page's lists, as text */
function listed(html: string): Record<string, string> {
  const pairs = [...html.matchAll(/<dt[^>]*>([^]*?)<\/dt><dd[^>]*>([^]*?)<\/dd>/g)];
  return Object.fromEntries(pairs.map(([, term = "", details = ""]) => [plain(term), plain(details)]));
}

t.test("answers of every type as people read them", async (t) => {
  const { connection, env } = await startEngines(t);
  await connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item: stored }));

  t.test("on the page, in the attendee's language and with what was agreed to", async (t) => {
    const pages = createPages(event);
    const view = { status: "confirmed", submittedAt: stored.submittedAt, content: { name: "Ann", answers } } as const;
    for (const language of ["en", "de"] as const) {
      const entries = listed(pages.status(language, view, "/registrations/x"));
      for (const [index, { field, english, german, answer }] of rows.entries()) {
        const label = eventIn(event, language).fields[index]?.label ?? "";
        const words = language === "de" ? german : english;
        const expected = field.id === "photos" ? `${words}\n${wording}` : words;
        t.equal(entries[label], answer === undefined ? undefined : expected, `${language} ${field.id}`);
      }
    }
    t.notOk("Days" in listed(pages.status("en", { ...view, content: undefined }, "/registrations/x")));
  });

  t.test("in the console, in English, the consent's wording and hash to be opened", async (t) => {
    const { post } = await openConsole(t, connection, false, event);
    const { body } = await post("/registrations", { email: "ann@example.org" });
    const entries = listed(body);
    for (const [index, { field, english, answer }] of rows.entries()) {
      const label = eventIn(event, "en").fields[index]?.label ?? "";
      if (answer === undefined) t.notOk(label in entries, field.id);
      else if (field.id !== "photos") t.equal(entries[label], english, field.id);
    }
    t.match(entries.Photos, /<details><summary>Yes<\/summary>/);
    t.match(entries.Photos, `${wording}</p>`);
    t.match(entries.Photos, agreedTo);
  });

  t.test("by the command; for programs as they are stored", async (t) => {
    const path = join(t.testdir({ "event.json": JSON.stringify(file) }), "event.json");
    const line = ["registrations", "find", "ann@example.org", "--event", path];
    const { stdout } = await runCommand(line, { env });
    for (const [index, { field, english, answer }] of rows.entries()) {
      const label = eventIn(event, "en").fields[index]?.label ?? "";
      const printed = new RegExp(`^${label} +(.*)$`, "m").exec(stdout)?.[1];
      t.equal(printed, answer === undefined ? undefined : english.replaceAll("\n", "; "), field.id);
    }
    t.notMatch(stdout, "Fotos von mir");
    const { stdout: whole } = await runCommand([...line, "--wording"], { env });
    t.match(whole, `Photos (${agreedTo}):\n${wording}`);
    const { registration } = (await runCommand([...line, "--json"], { env })).json() as { registration: object };
    t.match(registration, { answers });
  });

  t.test("in exports by id, as they are stored: a consent begins with its hash", async (t) => {
    const csv = createExportFormat("csv", event);
    const [cells] = parse(csv.head + csv.line(stored), { columns: true, bom: true }) as [Record<string, string>];
    for (const { field, answer, cell } of rows) {
      t.equal(unguardFormulas(cells[field.id] ?? ""), cell ?? String(answer), field.id);
    }
    t.ok(cells.photos?.startsWith(`${agreedTo} `));
    t.match(JSON.parse(createExportFormat("jsonl", event).line(stored)), { answers });
  });

  t.test("in the correction form as they were entered; whoever agreed to another wording is asked again", async (t) => {
    const view = { statusUrl: "/registrations/x", email: stored.email, mailbox: true, isOpen: true, isEmpty: false };
    const html = createPages(event).correction("en", view, { values: stored, validationErrors: [] });
    for (const expected of [
      /value="Beide" selected>Both</,
      /value="Weben" checked>.*Weaving/,
      /value="Löten" checked>.*Soldering/,
      /value="2026-05-09"/,
      /value="\+49 431 1234"/,
      />\none\ntwo<\/textarea>/,
      /value="eve@example.org"/,
      /id="answer-guests"[^>]*value="0"/,
      /id="answer-news"[^>]* checked/,
    ]) {
      t.match(html, expected);
    }
    t.notMatch(html, /id="answer-photos"[^>]* checked/);
  });
});
