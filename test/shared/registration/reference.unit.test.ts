import { randomUUID } from "node:crypto";
import { t } from "../../equipment/file-test.ts";
import { csvCell } from "../../../admin/registrations/csv.ts";
import { readReference, referenceOf, referencePattern } from "../../../shared/registration/reference.ts";

const ids = Array.from({ length: 20_000 }, () => randomUUID());

t.test("a reference is two groups of four signs, none of which is mistaken for another", async (t) => {
  const format = new RegExp(referencePattern);
  for (const id of ids) if (!format.test(referenceOf(id))) t.fail(referenceOf(id));
  t.notMatch(ids.map(referenceOf).join(""), /[ILOUa-z]/);
  const signs = new Set(ids.map(referenceOf).join("").replaceAll("-", ""));
  t.equal(signs.size, 32, "and every other one occurs");
});

t.test("the same registration always has the same one, and hardly any two share one", async (t) => {
  t.equal(referenceOf("0123456789abcdef"), referenceOf("0123456789abcdef"));
  t.ok(new Set(ids.map(referenceOf)).size >= ids.length - 1);
});

t.test("files of earlier exports stay right: it never changes for an id", async (t) => {
  t.equal(referenceOf("0123456789abcdef"), "VS2R-AWSW");
});

t.test("it is read however it was written down, and nothing else is taken for one", async (t) => {
  for (const typed of ["W1K0-M9XA", "w1k0m9xa", " WIKO – m9xa ", "w1k0 m9 xa", "Wlko-M9XA"]) {
    t.equal(readReference(typed), "W1K0-M9XA", typed);
  }
  for (const other of ["", "ann@example.org", "W1K0-M9X", "W1K0-M9XAA", "11K0-M9XA", "U1K0-M9X@", "W1K0_M9XA"]) {
    t.equal(readReference(other), undefined, other);
  }
});

t.test("a spreadsheet takes it for a text", async (t) => {
  t.equal(Number("791E-2292"), 0, "control: with a digit first it could be a number");
  for (const id of ids.slice(0, 5_000)) {
    const reference = referenceOf(id);
    if (csvCell(reference) !== `"${reference}"` || !/^[A-Z]/.test(reference)) t.fail(reference);
  }
});
