import { t } from "../equipment/file-test.ts";
import { encodePack, encodeUnknownEntry, maxPackBytes } from "../../shared/registration/registration-pack.ts";
import { mergeRejections, type Rejection } from "../../worker/rejections.ts";
import { somebody } from "../equipment/people.ts";

const rejection = (entry: unknown, detail = "wrong"): Rejection => ({ entry, reason: "invalid-registration", detail });

function entriesOf(body: string): unknown[] {
  return (JSON.parse(body) as { registrations: unknown[] }).registrations;
}

t.test("250 entries that are rejected for the same are one dead letter, in order", async (t) => {
  const entries = Array.from({ length: 250 }, (_, id) => ({ id }));
  const [only, ...more] = mergeRejections(entries.map((entry) => rejection(entry)));
  t.same(more, []);
  t.match(only, { reason: "invalid-registration", detail: "wrong", entries: 250 });
  t.same(entriesOf(only!.body), entries);
});

t.test("another reason or detail is another dead letter", async (t) => {
  const merged = mergeRejections([
    rejection(1),
    rejection(2, "otherwise"),
    rejection(3),
    { entry: 4, reason: "rejected-by-table", detail: "wrong" },
  ]);
  t.same(
    merged.map(({ body, reason, detail }) => [entriesOf(body), reason, detail]),
    [
      [[1, 3], "invalid-registration", "wrong"],
      [[2], "invalid-registration", "otherwise"],
      [[4], "rejected-by-table", "wrong"],
    ],
  );
});

t.test("one alone is the pack that it was before", async (t) => {
  const registration = somebody({ name: "Zoë 𝒵 🎟️" });
  t.equal(mergeRejections([rejection(registration)])[0]!.body, encodePack([registration]));
  t.equal(mergeRejections([rejection("🎟️")])[0]!.body, encodeUnknownEntry("🎟️"));
});

t.test("none is larger than a pack, unless it is a single entry that is, and none is left out", async (t) => {
  const entries = Array.from({ length: 100 }, (_, id) => ({ id, text: "🎟️".repeat(500) }));
  const large = { id: 100, text: "x".repeat(maxPackBytes) };
  const merged = mergeRejections([...entries, large].map((entry) => rejection(entry)));
  for (const { body, entries: count } of merged) {
    t.equal(entriesOf(body).length, count);
    t.ok(count === 1 || Buffer.byteLength(body) <= maxPackBytes);
  }
  t.ok(merged.length < 60);
  t.same(
    merged.flatMap(({ body }) => entriesOf(body)),
    [...entries, large],
  );
});

t.test("nothing rejected is nothing to send", async (t) => {
  t.same(mergeRejections([]), []);
});
