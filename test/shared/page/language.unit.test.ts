import { t } from "../../equipment/file-test.ts";
import { languageOf, languages } from "../../../shared/page/language.ts";

t.test("a tag means its language, whatever the region", async (t) => {
  for (const language of languages) t.equal(languageOf(language), language);
  t.equal(languageOf("de-AT"), "de");
  t.equal(languageOf("de-Latn-CH"), "de");
});

t.test("whoever has another language, or none, is written to in English", async (t) => {
  for (const tag of [undefined, "", "fr", "den", "x-de"]) t.equal(languageOf(tag), "en", String(tag));
});
