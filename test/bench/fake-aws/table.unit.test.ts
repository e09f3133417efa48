import { t } from "../../equipment/file-test.ts";
import { createFakeTable } from "../../../bench/fake-aws/table.ts";
import { addressOf, registrationOf } from "../../../bench/people.ts";

const email = (person: number) => ({ S: addressOf(person) });
const insertOf = (person: number) => ({
  Statement: 'INSERT INTO "registrations" VALUE {}',
  Parameters: [email(person)],
});

t.test("a second insert of somebody fails, and a lookup tells whose the address is", async (t) => {
  const table = createFakeTable();
  const insert = (...people: number[]) => table.answer("BatchExecuteStatement", { Statements: people.map(insertOf) });
  t.same(insert(1, 2), { Responses: [{ TableName: "registrations" }, { TableName: "registrations" }] });
  t.match(insert(2, 3), { Responses: [{ Error: { Code: "DuplicateItem" } }, { TableName: "registrations" }] });
  t.match(
    table.answer("BatchGetItem", {
      RequestItems: {
        registrations: { Keys: [2, 4].map((person) => ({ email: email(person) })) },
        outcomes: { Keys: [{ id: { S: "x" } }] },
      },
    }),
    {
      Responses: { registrations: [{ email: email(2), registrationId: { S: registrationOf(2).id } }], outcomes: [] },
      UnprocessedKeys: {},
    },
  );
  t.same(table.counts(), { writes: 2, stored: { people: 3, again: 1, strangers: 0 } });
});

t.test("an outcome is taken, and is no stranger's registration", async (t) => {
  const table = createFakeTable();
  t.same(
    table.answer("BatchExecuteStatement", {
      Statements: [{ Statement: 'INSERT INTO "outcomes" VALUE {}', Parameters: [{ S: "some-id" }] }],
    }),
    { Responses: [{ TableName: "outcomes" }] },
  );
  t.match(table.counts(), { stored: { people: 0, strangers: 0 } });
});
