import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { errorCatalogue } from "../../../shared/errors.ts";
import { languages } from "../../../web/page/language.ts";
import { isMessageKey, messagesIn, type MessageKey } from "../../../web/page/messages.ts";
import de from "../../../web/page/messages/de.json" with { type: "json" };
import en from "../../../web/page/messages/en.json" with { type: "json" };

const keys = Object.keys(en) as MessageKey[];
const page = join(import.meta.dirname, "../../../web/page");

function slots(message: string): string[] {
  return [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").toSorted();
}

t.test("says the same things in every language", async (t) => {
  t.strictSame(Object.keys(de), Object.keys(en));
  for (const key of keys) t.strictSame(slots(de[key]), slots(en[key]), key);
});

t.test("leaves no message empty and none untranslated", async (t) => {
  const alike = new Set(["form.name", "problem.code"]);
  for (const key of keys) {
    t.ok(en[key].trim() && de[key].trim(), key);
    if (!alike.has(key)) t.not(de[key], en[key], key);
  }
});

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
  // Keys that are put together: by phase, by reason, by state, by kind of number, by what is wrong with an address, by error code.
  const composed =
    /^(eyebrow|event)\.(before|open|closed)$|^wait\.\w+$|^status\.(pending|confirmed|needs-attention|declined|withdrawn)\.|^validation\.(number|integer)|^validation\.email\.|^problem\.\w+\.(title|text)$/;
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
