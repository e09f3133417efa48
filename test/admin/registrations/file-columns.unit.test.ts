import { t } from "../../equipment/file-test.ts";
import {
  answerColumn,
  fieldOfColumn,
  fixedColumns,
  lastColumns,
  recordAttributes,
  referenceColumn,
  restColumn,
} from "../../../admin/registrations/file-columns.ts";
import { storedAttributes } from "../../../admin/registrations/stored-registration.ts";

t.test("a field that is called as an attribute of the table has a column of another name", async (t) => {
  for (const id of [...fixedColumns, ...lastColumns, referenceColumn, restColumn]) {
    t.equal(answerColumn(id), `answers.${id}`);
    t.equal(fieldOfColumn(answerColumn(id)), id);
  }
  t.equal(answerColumn("guests"), "guests");
  t.equal(fieldOfColumn("guests"), undefined);
});

t.test(
  "what cannot be handed in again is the reference, and all that the table keeps beside what was said",
  async (t) => {
    const said = new Set(["email", "name", "answers"]);
    t.same(recordAttributes, new Set([...storedAttributes.filter((name) => !said.has(name)), referenceColumn]));
  },
);
