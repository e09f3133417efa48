import { t } from "../equipment/file-test.ts";
import { optionalAttributes } from "../../worker/optional-attributes.ts";
import { somebody } from "../equipment/people.ts";

t.test("what this version doesn't know is written in the table's own form", async (t) => {
  const later = {
    ...somebody({ replayOf: "r", claim: "c" }),
    locale: "de",
    tags: ["a", 1, null],
    consent: { mail: true },
  };
  t.strictSame(optionalAttributes(later), {
    names: ["locale", "tags", "consent"],
    values: [{ S: "de" }, { L: [{ S: "a" }, { N: "1" }, { NULL: true }] }, { M: { mail: { BOOL: true } } }],
  });
});

t.test("nearly all have nothing of the kind, and what is known of a replay is none", async (t) => {
  t.equal(optionalAttributes(somebody()), undefined);
  t.equal(optionalAttributes(somebody({ replayOf: "r", claim: "c" })), undefined);
});
