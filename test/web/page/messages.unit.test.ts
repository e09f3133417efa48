import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { errorCatalogue } from "../../../shared/errors.ts";
import { languages } from "../../../shared/page/language.ts";
import { readCatalogues } from "../../../shared/page/messages.ts";
import { isMessageKey, messagesIn, type MessageKey } from "../../../web/page/messages.ts";
import en from "../../../web/page/messages/en.json" with { type: "json" };

const keys = Object.keys(en) as MessageKey[];
const page = join(import.meta.dirname, "../../../web/page");

function slots(message: string): string[] {
  return [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted();
}

for (const [name, directory] of [
  ["pages", join(page, "messages")],
  ["mails", join(page, "../../worker/mail/messages")],
] as const) {
  t.test(`the ${name} say the same things in every language`, async (t) => {
    const catalogues = readCatalogues<string>(directory);
    t.strictSame(readdirSync(directory).toSorted(), languages.map((language) => `${language}.json`).toSorted());
    for (const language of languages) {
      const catalogue = catalogues[language];
      t.strictSame(Object.keys(catalogue), Object.keys(catalogues.en), language);
      for (const [key, message] of Object.entries(catalogues.en)) {
        t.strictSame(slots(catalogue[key] ?? ""), slots(message), `${language} ${key}`);
      }
    }
  });

  t.test(`the ${name} leave no message empty and none untranslated`, async (t) => {
    const catalogues = readCatalogues<string>(directory);
    const alike = new Set(["de form.name", "de problem.code"]);
    for (const language of languages) {
      for (const [key, message] of Object.entries(catalogues[language])) {
        t.ok(message.trim(), `${language} ${key}`);
        if (language === "en" || alike.has(`${language} ${key}`)) continue;
        t.not(message, catalogues.en[key], `${language} ${key}`);
      }
    }
  });
}

t.test("fills in parameters, and leaves a slot as it is that none is given for", async (t) => {
  const text = messagesIn("en");
  t.equal(text("validation.integerBetween", { minimum: 0, maximum: 4 }), "Enter a whole number from 0 to 4.");
  t.match(text("validation.integerBetween", { minimum: 0 }), "{maximum}");
  t.match(text("validation.name", { maxLength: "{minimum}" }), "{minimum}");
});

t.test("keeps no message that nobody shows", async (t) => {
  const sources = ["", "templates"]
    .flatMap((folder) => readdirSync(join(page, folder)).map((file) => join(page, folder, file)))
    .filter((file) => /\.(ts|eta)$/.test(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  // Keys that are put together: by phase, by reason, by state, by change, by kind of number, by what is wrong with an address, by error code.
  const composed =
    /^(eyebrow|event)\.(before|open|closed)$|^wait\.\w+$|^status\.(pending|confirmed|needs-attention|declined|withdrawn)\.|^received\.(change|withdrawal)\.|^validation\.(number|integer)|^validation\.email\.|^problem\.\w+\.(title|text)$/;
  for (const key of keys) t.ok(composed.test(key) || sources.includes(`"${key}"`), key);
});

t.test("has words of its own only for errors that there are", async (t) => {
  for (const key of keys) {
    const [, code = ""] = /^problem\.(TURNOUT_\w+)\./.exec(key) ?? [];
    if (code) t.ok(code in errorCatalogue, code);
  }
});

t.test("knows a key from what merely looks like one", async (t) => {
  t.ok(isMessageKey("form.submit"));
  t.notOk(isMessageKey("toString"));
  t.notOk(isMessageKey("problem.NOTHING.title"));
});

t.test("has every language that the page speaks", async (t) => {
  for (const language of languages) t.ok(messagesIn(language)("form.submit"));
});
