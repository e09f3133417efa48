import { t } from "../../equipment/file-test.ts";
import { readHeader } from "../../../load/people/csv-columns.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { parseEvent, type EventField } from "../../../shared/registration/event-definition.ts";
import { answerOf } from "../../../load/people/cell-value.ts";

const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2027-01-01T00:00:00Z",
  timeZone: "UTC",
  fields: [
    { id: "guests", type: "number", label: "Guests" },
    { id: "name", type: "text", label: "Name on the badge" },
    { id: "submittedAt", type: "text", label: "Submitted where" },
  ],
});
const open = (header: string) =>
  readHeader(header.split(","), event, ",", (why) => new TurnoutError("TURNOUT_USAGE_INVALID", why));
const read = (header: string, row: string) => open(header).read(row.split(","));

t.test("columns are told by their names, in any order", async (t) => {
  t.same(read("guests, Name ,EMAIL", "2,Ann,a@example.org"), {
    submission: { email: "a@example.org", name: "Ann", answers: { guests: 2 } },
  });
});

t.test(
  "a field that is called as the table's own attribute is told by its prefix, or by there being no export",
  async (t) => {
    const header =
      "email,name,registrationId,submittedAt,storedAt,guests,answers.name,answers.submittedAt,otherAnswers";
    t.same(read(header, "a@example.org,Ann,id,2026,2026,,Badge,here,"), {
      submission: { email: "a@example.org", name: "Ann", answers: { name: "Badge", submittedAt: "here" } },
    });
    t.same(read("email,name,submittedAt", "a@example.org,Ann,there"), {
      submission: { email: "a@example.org", name: "Ann", answers: { submittedAt: "there" } },
    });
  },
);

t.test("a header that names what there is not is told whole", async (t) => {
  t.throws(() => open("mail,shoe,shoe"), {
    code: "TURNOUT_USAGE_INVALID",
    message: /no column email; .*no column name; .*two columns shoe; .*no field "mail".*email, name, guests/,
  });
  t.throws(() => open("email,name,answers.shoe"), { message: /no field "shoe"/ });
  t.doesNotThrow(() => open("email,name,,,"), "nameless columns are no column twice");
});

const field = (type: EventField["type"]) => ({ id: "x", label: "X", type, options: ["a"] }) as unknown as EventField;
const tick = (cell: string) => answerOf(field("checkbox"), cell, ",");
const number = (cell: string, delimiter = ",") => answerOf(field("number"), cell, delimiter);

t.test("a tick is understood in the words of spreadsheets and people", async (t) => {
  for (const cell of [
    "true",
    "TRUE",
    "WAHR",
    "Ja",
    "VRAI",
    "Oui",
    "VERDADERO",
    "Sí",
    "VERO",
    "Waar",
    "PRAWDA",
    "x",
    "1",
  ])
    t.equal(tick(cell), true, cell);
  for (const cell of ["false", "FALSCH", "Nein", "FAUX", "non", "FALSO", "ONWAAR", "FAŁSZ", "ложь", "0", " no "])
    t.equal(tick(cell), false, cell);
  t.equal(tick("Si\u0301"), true, "in decomposed letters as well");
  t.equal(tick("YANLIŞ"), false);
  for (const cell of ["maybe", "2", "tru", "jain"]) t.equal(tick(cell), cell, "what is none stays as it is");
});

t.test("a number may have a decimal comma or point, and an exponent", async (t) => {
  t.equal(number("3"), 3);
  t.equal(number(" -2.5 "), -2.5);
  t.equal(number("2,5"), 2.5);
  t.equal(number("2,5", ";"), 2.5);
  t.equal(number("1.234"), 1.234);
  t.equal(number("1,234", ";"), 1.234);
  t.equal(number("1e+21"), 1e21);
  t.equal(number("1,5E-7", ";"), 1.5e-7);
});

t.test("what may be thousands is not taken for a fraction, and what is no number stays as it is", async (t) => {
  t.equal(number("1,234"), "1,234");
  t.equal(number("1.234", ";"), "1.234");
  t.equal(number("1,234", "\t"), "1,234");
  for (const cell of ["three", "1.234,5", "1,234.5", "1 000", "--1", "0x10", "1,", ",5", "Infinity"])
    t.equal(number(cell), cell, cell);
});

t.test("a choice is trimmed, a text is not", async (t) => {
  t.equal(answerOf(field("select"), " a ", ","), "a");
  t.equal(answerOf(field("text"), " a ", ","), " a ");
  t.equal(answerOf(field("email"), "a@example.org", ","), "a@example.org");
});
