import { t } from "../../equipment/file-test.ts";
import type { EventDefinition } from "../../../shared/registration/event-definition.ts";
import { createReceipts, parseReceiptKeys } from "../../../shared/registration/receipts.ts";
import { translatedEvent } from "../../equipment/translated-event.ts";
import { chooseLanguage, createLanguageChoice, languageQuery } from "../../../web/page/language.ts";
import { exampleEvent } from "./example-event.ts";

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

t.test("chooses alike when it is asked again, however many other headers came in between", async (t) => {
  const headers = ["de-AT,en;q=0.5", "en,de;q=0.5", `de${" ".repeat(300)}`];
  const chosen = headers.map((header) => chooseLanguage(header));
  for (let other = 0; other < 2_000; other += 1) chooseLanguage(`fr;q=0.${other}, ja`);
  t.strictSame(
    headers.map((header) => chooseLanguage(header)),
    chosen,
  );
  t.strictSame(chosen, ["de", "en", "de"]);
});

t.test("chooses among the languages that are offered, the first by default", async (t) => {
  const offered = ["ar", "de"] as const;
  t.equal(chooseLanguage(undefined, offered), "ar");
  t.equal(chooseLanguage("en, fr;q=0.5", offered), "ar");
  t.equal(chooseLanguage("en, de;q=0.5", offered), "de");
  t.equal(chooseLanguage("en, de;q=0.5"), "en", "and that is not remembered for other offers");
});

const receipts = createReceipts(parseReceiptKeys(`k:${Buffer.alloc(32, 7).toString("base64")}`));
const content = { email: "ada@example.org", registrationId: "ada-00001", submittedAt: "2026-03-01T10:00:00.000Z" };
const page = { accept: "text/html" };

t.test("a registration carries its language only where it is not the event's default", async (t) => {
  const written = (event: EventDefinition, language?: string) => {
    const headers = language === undefined ? {} : { "accept-language": language };
    return createLanguageChoice(event, receipts).property({ headers, query: {}, params: {} });
  };
  t.strictSame(written(exampleEvent, "de"), { language: "de" });
  t.strictSame(written(exampleEvent, "en"), {});
  t.strictSame(written(exampleEvent), {});
  t.strictSame(written(translatedEvent, "de"), {});
  t.strictSame(written(translatedEvent, "en"), { language: "en" });
  t.strictSame(written(translatedEvent), {});
});

t.test("where there is a choice, a link decides, then the receipt, then the browser", async (t) => {
  const { of } = createLanguageChoice(translatedEvent, receipts);
  const headers = { ...page, "accept-language": "en" };
  const arabic = { receipt: receipts.seal({ ...content, language: "ar" }) };
  t.equal(of({ headers, query: { lang: "ar" }, params: {} }), "ar");
  t.equal(of({ headers, query: { lang: "en" }, params: arabic }), "en");
  t.equal(of({ headers, query: { lang: "fr" }, params: arabic }), "ar");
  t.equal(of({ headers, query: {}, params: { receipt: receipts.seal(content) } }), "de", "the event's default");
  t.equal(of({ headers, query: {}, params: { receipt: "none.of-ours" } }), "en");
  t.equal(of({ headers: { "accept-language": "en" }, query: {}, params: arabic }), "en", "a program's header counts");
  for (const lang of [["ar", "de"], "", "__proto__"]) t.equal(of({ headers, query: { lang }, params: {} }), "en");
});

t.test("where there is none, only the browser decides, and nothing is kept in links or receipts", async (t) => {
  const { of, inReceipt, isChosen } = createLanguageChoice(exampleEvent, receipts);
  t.notOk(isChosen);
  const arabic = { receipt: receipts.seal({ ...content, language: "ar" }) };
  t.equal(of({ headers: { ...page, "accept-language": "de" }, query: { lang: "ar" }, params: arabic }), "de");
  t.strictSame(inReceipt({ language: "de" }), {});
  t.equal(languageQuery(exampleEvent, "de"), "");
  t.equal(languageQuery(translatedEvent, "en"), "?lang=en");
});
