import { t } from "../../equipment/file-test.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import type { RegistrationSource } from "../../../admin/registrations/registration-source.ts";
import { folded, searchRegistrations, searchWords } from "../../../admin/registrations/search.ts";

const people = [
  ["jana@example.org", "Jana Müller"],
  ["kiosk@xn--bcher-kva.example", "Ｋｉｏｓｋ"],
  ["josef@example.org", "Josef Groß"],
  ["li@example.org", "李小龍"],
] as const;

function sourceOf(items: readonly object[], taken: object[] = []): RegistrationSource {
  return async ({ take }) => {
    for (const item of items) {
      taken.push(item);
      if (!take(item)) return { read: taken.length, complete: false };
    }
    return { read: taken.length, complete: true };
  };
}

const items = [
  ...people.map(([email, name]) => ({
    email,
    name,
    registrationId: `id-${email}`,
    submittedAt: "2026-01-01T09:00:00.000Z",
  })),
  createTombstone("gone@example.org", "withdrawn", "gone-1", Date.parse("2026-01-04T10:00:00.000Z")),
  createTombstone("erased@example.org", "erased", "erased-1", 0),
];
const options = { limit: 10, signal: new AbortController().signal, onProgress: () => {} };

async function search(text: string): Promise<string[]> {
  const { found } = await searchRegistrations({ ...options, source: sourceOf(items), words: searchWords(text) });
  return found.map(({ email }) => email);
}

t.test("case, accents and the spelling in Unicode make no difference", async (t) => {
  const [jana, kiosk, josef, li] = people.map(([email]) => email);
  t.same(await search("MULLER"), [jana]);
  t.same(await search("mu\u0308ller"), [jana], "composed or not");
  t.same(await search("gross"), [josef]);
  t.same(await search("GROẞ"), [josef]);
  t.same(await search("kiosk"), [kiosk]);
  t.same(await search("bücher"), [kiosk], "the domain as people write it");
  t.same(await search("bcher-kva"), [kiosk], "and as it is stored");
  t.same(await search("小龍"), [li]);
  t.equal(folded("İstanbul"), folded("istanbul"));
});

t.test("several words are all wanted, in any order, in address or name", async (t) => {
  t.same(await search("groß josef@"), ["josef@example.org"]);
  t.same(await search("groß jana"), []);
  t.same(await search("@example.org"), ["gone@example.org", "jana@example.org", "josef@example.org", "li@example.org"]);
  t.same(searchWords(" \u00a0 "), []);
});

t.test("what was withdrawn is found as such, and what was erased not at all", async (t) => {
  const { found } = await searchRegistrations({ ...options, source: sourceOf(items), words: ["gone"] });
  t.match(found, [{ email: "gone@example.org", withdrawnAt: "2026-01-04T10:00:00.000Z", name: undefined }]);
  t.same(await search("erased"), []);
});

t.test("the limit ends the reading as soon as there is one more, and not before", async (t) => {
  const taken: object[] = [];
  const source = sourceOf(items, taken);
  const few = await searchRegistrations({ ...options, source, words: ["example"], limit: 2 });
  t.match(few, { complete: false, found: { length: 2 } });
  t.equal(taken.length, 3);
  const all = await searchRegistrations({ ...options, source: sourceOf(items), words: ["example"], limit: 5 });
  t.match(all, { complete: true, found: { length: 5 } }, "exactly as many as there are is complete");
});
