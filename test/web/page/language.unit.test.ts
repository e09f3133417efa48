import { t } from "../../equipment/file-test.ts";
import { chooseLanguage } from "../../../web/page/language.ts";

t.test("speaks English to whoever asks for nothing we know", async (t) => {
  for (const header of [undefined, "", "fr", "fr-CH, ja;q=0.8", ";;;,,,", "q=1", "de;q=0"]) {
    t.equal(chooseLanguage(header), "en", String(header));
  }
});

t.test("speaks German to whoever prefers it, whatever the region", async (t) => {
  for (const header of ["de", "DE-at", "de-CH,de;q=0.9,en;q=0.8", "fr, de;q=0.5, en;q=0.4", "en;q=0.2, de ; q=0.7"]) {
    t.equal(chooseLanguage(header), "de", header);
  }
});

t.test("takes the first of two that are wanted alike", async (t) => {
  t.equal(chooseLanguage("en,de"), "en");
  t.equal(chooseLanguage("de,en"), "de");
});

t.test("takes a star for its own first language", async (t) => {
  t.equal(chooseLanguage("*"), "en");
  t.equal(chooseLanguage("de;q=0.1, *;q=0.5"), "en");
});

t.test("gives a range with a broken weight no weight", async (t) => {
  t.equal(chooseLanguage("de;q=five"), "en");
  t.equal(chooseLanguage("de;q=7"), "en");
});

t.test("reads only the start of a header that is too long to be meant", async (t) => {
  t.equal(chooseLanguage(`${"x,".repeat(5_000)}de`), "en");
});
