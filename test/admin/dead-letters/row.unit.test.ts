import { t } from "../../equipment/file-test.ts";
import { addressIn } from "../../../admin/dead-letters/readable-address.ts";
import { createNewestRows, cursorOf, newestFirst, parseCursor } from "../../../admin/dead-letters/row-order.ts";
import { toRow } from "../../../admin/dead-letters/row.ts";
import { deadLetters, unreadable } from "../../equipment/dead-letter-seeds.ts";

t.test("an address is read from whatever holds one, valid or not", async (t) => {
  const bodies: [body: string, address: string | undefined][] = [
    ['{"v":1,"registrations":[{"email":"ann@example"}]}', "ann@example"],
    ['{"v":9,"registrations":[{"email":"Ann@Example.org"}]}', "Ann@Example.org"],
    ['{"v":1,"registrations":[{"id":"x","email":"ann@example.org","na', "ann@example.org"],
    ["To: Ann <ann.lee@example.org>, hello", "ann.lee@example.org"],
    ['{"v":1,"registrations":[{"email":5}]}', undefined],
    ["nothing at all", undefined],
    ["", undefined],
  ];
  for (const [body, address] of bodies) t.equal(addressIn(body), address, body);
  t.equal(toRow(unreadable("raw", "ann@example.org")).address, undefined, "not without its body");
});

t.test("a hostile body is searched in no time", async (t) => {
  const began = performance.now();
  t.equal(addressIn(`"email":${"a".repeat(300_000)}`), undefined);
  t.equal(addressIn("@".repeat(300_000)), undefined);
  t.ok(performance.now() - began < 5_000);
});

t.test("pages in any size are the sorted list, also of rows that failed at the same moment", async (t) => {
  const rows = deadLetters(30).map((record, index) => ({
    ...toRow(record),
    lastFailedAt: `2026-01-01T00:00:0${index % 3}.000Z`,
  }));
  const sorted = rows.toSorted(newestFirst).map(({ id }) => id);
  for (const size of [1, 7, 30]) {
    const seen: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const newest = createNewestRows(size, cursor === "" ? undefined : parseCursor(cursor));
      for (const row of rows) newest.add(row);
      const page = newest.rows();
      seen.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      cursor = last && cursorOf(last);
    }
    t.same(seen, sorted, `pages of ${size}`);
  }
  for (const cursor of ["", "x", "bm90aGluZyBhdCBhbGw"])
    t.throws(() => parseCursor(cursor), { code: "TURNOUT_USAGE_INVALID" });
});
