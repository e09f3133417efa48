import t from "tap";
import { answerOf } from "../../../load/people/cell-value.ts";
import type { EventField } from "../../../shared/registration/event-definition.ts";

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
