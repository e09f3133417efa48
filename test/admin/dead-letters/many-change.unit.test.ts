import { t } from "../../equipment/file-test.ts";
import {
  createReplacement,
  parseReplacement,
  proposeManyChange,
  type ManyChange,
} from "../../../admin/dead-letters/many-change.ts";
import { deadLetter, person } from "../../equipment/dead-letter-seeds.ts";

const now = Date.parse("2026-02-01T00:00:00.000Z");

function propose(email: string, change: ManyChange, changes = {}) {
  const record = deadLetter(1, { registration: { ...person(1), email }, ...changes });
  return proposeManyChange(record, record.body ?? "", change, undefined, now);
}

t.test("a part of a text is replaced once, however often it is repeated", async (t) => {
  const change = createReplacement("email", "@example", "@example.org");
  const first = propose("ann@example", change);
  t.match(first, { kind: "change", edit: { registration: { email: "ann@example.org" } } });
  t.match(propose("ann@example.org", change), { kind: "unchanged" }, "not example.org.org");
  t.match(propose("ann@elsewhere.org", change), { kind: "unchanged" });
  t.match(propose("a$1@exmaple.org", createReplacement("email", "exmaple", "$&")), { kind: "invalid" }, "no pattern");
});

t.test("what would not be valid, is not open or is being replayed is told apart", async (t) => {
  const change: ManyChange = { kind: "set", field: "name", value: "" };
  t.match(propose("ann@example.org", change), { kind: "invalid", validationErrors: [{ pointer: "/name" }] });
  const set: ManyChange = { kind: "set", field: "name", value: "Ann" };
  t.match(propose("ann@example.org", set, { state: "resolved" }), { kind: "skipped", detail: "is resolved" });
  const claim = { claimedBy: "bob", claimedUntil: "2026-02-01T00:01:00.000Z" };
  t.match(propose("ann@example.org", set, claim), { kind: "skipped", detail: /bob/ });
});

t.test("an answer is removed where there is one", async (t) => {
  const change: ManyChange = { kind: "remove", field: "answers.guests" };
  t.match(propose("ann@example.org", change), {
    kind: "change",
    edit: { changes: { "answers.guests": { to: null } } },
  });
  t.match(propose("ann@example.org", { kind: "remove", field: "answers.toString" }), { kind: "unchanged" });
});

t.test("a replacement is written as one assignment", async (t) => {
  t.same(parseReplacement("email=@a=b=>@c=>d"), { kind: "replace", field: "email", part: "@a=b", by: "@c=>d" });
  for (const text of ["email", "email=x", "email==>x", "id=a=>b"]) {
    t.throws(() => parseReplacement(text), { code: "TURNOUT_USAGE_INVALID" }, text);
  }
});
