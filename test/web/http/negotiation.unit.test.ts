import { t } from "../../equipment/file-test.ts";
import { preferredEncoding, preferredLanguage, preferredMediaType } from "../../../web/http/negotiation.ts";

const media = ["application/json", "text/html"] as const;

t.test("a media type is chosen by weight, by how exactly it is named, and never against a weight of 0", async (t) => {
  for (const [accept, type] of [
    [undefined, "application/json"],
    ["*/*", "application/json"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"],
    ["text/*", "text/html"],
    ["TEXT/HTML", "text/html"],
    ["text/html;level=1;q=0.5, application/json;q=0.4", "application/json"],
    ["text/html;q=0.5, application/json", "application/json"],
    ["text/html;q=0", undefined],
    ["text/html;q=0, */*;q=0.1", "application/json"],
    ["text/html;q=0.000", undefined],
    ["image/png", undefined],
    ["", undefined],
    ["text/html;q=2", undefined],
    ["text/html;q=x", undefined],
  ] as const) {
    t.equal(preferredMediaType(accept, media), type, String(accept));
  }
});

t.test("a language is found behind however many others", async (t) => {
  const languages = ["en", "de"] as const;
  t.equal(preferredLanguage("fr, es, it, pt, nl, sv, da, no, fi, pl, cs, de", languages), "de");
  t.equal(preferredLanguage("fr-CH, fr;q=0.95, es;q=0.9, it;q=0.85, pt;q=0.8, de-AT;q=0.7, en;q=0.6", languages), "de");
  t.equal(preferredLanguage("fr", languages), undefined);
  t.equal(preferredLanguage("de-AT, en", languages), "de", "the first named, with a region or without");
  t.equal(preferredLanguage("en-GB, de", languages), "en");
  t.equal(preferredLanguage("*, de", languages), "en", "a star is what is not named");
  t.equal(preferredLanguage("en;q=0.1, *;q=0.5", languages), "de");
  t.equal(preferredLanguage("en;q=0, *", languages), "de");
  t.equal(preferredLanguage("de;q=0", languages), undefined);
});

t.test("an encoding is the one that is wanted most, the first of ours where several are wanted alike", async (t) => {
  const encodings = ["br", "gzip", "identity"] as const;
  t.equal(preferredEncoding("gzip, deflate, br, zstd", encodings), "br");
  t.equal(preferredEncoding("br;q=0.1, gzip", encodings), "gzip");
  t.equal(preferredEncoding("*", encodings), "br");
  t.equal(preferredEncoding("identity;q=0", encodings), undefined);
  t.equal(preferredEncoding("", encodings), "identity");
});

t.test(
  "a header that is too long to be meant is read to the last whole entry, in time that does not grow",
  async (t) => {
    t.equal(preferredLanguage(`de,${"x,".repeat(8_000)}`, ["en", "de"]), "de");
    t.equal(preferredLanguage(`${"x,".repeat(8_000)}de`, ["en", "de"]), undefined);
    t.equal(preferredLanguage("d".repeat(16_000), ["en", "de"]), undefined);
    t.equal(preferredMediaType(`text/html;${" ".repeat(16_000)}q=0`, media), undefined);
  },
);
