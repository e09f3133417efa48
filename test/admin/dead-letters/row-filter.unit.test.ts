import { t } from "../../equipment/file-test.ts";
import { createRowMatcher } from "../../../admin/dead-letters/row-filter.ts";
import { createKinds, kindOf } from "../../../admin/dead-letters/row-kinds.ts";
import { toRow } from "../../../admin/dead-letters/row.ts";
import { deadLetter, person } from "../../equipment/dead-letter-seeds.ts";

const row = toRow(deadLetter(7, { detail: "has 401 bytes; at most 400 are sent" }));

t.test("each part of a filter excludes by itself", async (t) => {
  const fitting = {
    reason: "crash-loop",
    state: "open",
    since: row.lastFailedAt,
    until: "2026-01-02T00:00:00.000Z",
    detail: "has 9 bytes; at most 8 are sent",
    text: " PERSON-7@ ",
  } as const;
  t.ok(createRowMatcher(fitting)(row));
  for (const other of [
    { reason: "malformed" },
    { state: "resolved" },
    { since: fitting.until },
    { until: row.lastFailedAt },
    { detail: "has 9 bytes" },
    { text: "person-8@" },
  ] as const) {
    t.notOk(createRowMatcher({ ...fitting, ...other })(row), JSON.stringify(other));
  }
});

t.test("a text is searched for in address, name, id and detail", async (t) => {
  for (const text of [person(7).email, "person 7", row.id.slice(0, 12), "at most 400"]) {
    t.ok(createRowMatcher({ text })(row), text);
  }
});

t.test("details that differ in numbers and identifiers alone are of one kind", async (t) => {
  const detail = (bytes: string, id: string) => `item ${id} has ${bytes} bytes`;
  const one = detail("401,322", "0f8fad5b-d9cb-469f-a165-70867728950e");
  const two = detail("9", "7c9e6679-7425-40de-944b-e07fc1f90ae7");
  t.equal(kindOf(one), kindOf(two));
  t.equal(kindOf(kindOf(one)), kindOf(one), "a kind is of its own kind");
  t.not(kindOf("/email is missing"), kindOf("/name is missing"));
  const kinds = createKinds();
  for (const text of [one, two, "other"]) kinds.add({ ...row, detail: text });
  t.match(kinds.kinds(), [
    { detail: "item … has … bytes", count: 2, states: { open: 2 } },
    { detail: "other", count: 1 },
  ]);
});
