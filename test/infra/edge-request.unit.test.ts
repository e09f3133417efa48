import { randomBytes, randomInt } from "node:crypto";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import Fastify from "fastify";
import { t } from "../equipment/file-test.ts";
import { edgeRequestCode } from "../../infra/edge-request-code.ts";
import { languages } from "../../shared/page/language.ts";
import { chooseLanguage, createLanguageChoice } from "../../web/page/language.ts";
import { createPages } from "../../web/page/pages.ts";
import { siteFiles } from "../../web/routes/site-files.ts";
import { translatedEvent } from "../equipment/translated-event.ts";
import { event } from "./synthesis.ts";

interface EdgeRequest {
  readonly uri: string;
  readonly headers: Record<string, { value: string }>;
}

const source = edgeRequestCode(event);
// As CloudFront does: a script without modules, of which only the handler is called.
const handler = runInNewContext(`${source}; handler`) as (event: { request: EdgeRequest }) => Record<string, unknown>;

function ask(uri: string, language?: string) {
  return handler({
    request: { uri, headers: language === undefined ? {} : { "accept-language": { value: language } } },
  });
}

function forwardedLanguage(language: string): string {
  return (ask("/", language) as unknown as EdgeRequest).headers["accept-language"]?.value ?? "";
}

t.test("the event page passes", async (t) => {
  t.equal(ask("/")["uri"], "/");
});

t.test("what browsers and crawlers ask every site for passes, once for all languages", async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  const paths: string[] = [];
  app.addHook("onRoute", ({ url, method }) => void (method === "GET" && paths.push(url)));
  const picture = () => ({ bytes: Buffer.alloc(0), contentType: "image/png" });
  const pages = { ...createPages(event), picture };
  const unknown = { publicUrl: undefined, securityContact: undefined, calendars: new Map() };
  const language = createLanguageChoice(event, { seal: () => "", open: () => undefined });
  await app.register(siteFiles, { pages, ...unknown, language, now: Date.now });
  t.ok(paths.length >= 5);
  for (const path of paths) {
    const passed = ask(path, "de-DE") as unknown as EdgeRequest;
    t.equal(passed.uri, path);
    t.equal(passed.headers["accept-language"], undefined, path);
  }
});

t.test("every other path that reaches it is answered at the edge, as a problem", async (t) => {
  for (const path of ["/metrics", "/docs", "/wp-login.php", "/.env", "/index.html", "//", "/tasks/report-backlog"]) {
    const answer = ask(path);
    t.equal(answer["statusCode"], 404, path);
    t.match(JSON.parse(String(answer["body"])), { status: 404, code: "TURNOUT_NOT_FOUND" });
  }
});

t.test("the page comes in the language that is preferred, and the header names that one alone", async (t) => {
  const preferred: Record<string, string> = {
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7": "de",
    "de, en-gb;q=0.5": "de",
    "en;q=0.1, fr": "en",
    "fr, es, it, pt, nl, sv, da, de;q=0.1": "de",
    "fr, es, it, pt, nl, sv": "en",
    "fr;q=0.9,de;q=0.8": "de",
    "en;q=0,de;q=0.1": "de",
    "de;q=0,*": "en",
    "en;q=0.1,*;q=0.5": "de",
    "de-AT;q=0.5,de;q=0.2,en;q=0.3": "en",
    "en,de": "en",
    "de,en": "de",
    "DE-ch ; q = 0.9 , en;q=0.8": "de",
    "*": "en",
    "": "en",
    ";;;": "en",
    "de;q=2": "en",
  };
  for (const [header, language] of Object.entries(preferred)) t.equal(forwardedLanguage(header), language, header);
  t.equal((ask("/") as unknown as EdgeRequest).headers["accept-language"]?.value, "en", "and so without a header");
});

t.test("whatever is sent, the cache has as many keys as the page has languages", async (t) => {
  t.same(runInNewContext(`${source}; languages`), languages, "they are the web tier's");
  const keys = new Set<string>();
  const pick = <T>(from: readonly T[]) => from[randomInt(from.length)]!;
  const tags = [
    "de",
    "en",
    "ar",
    "fr",
    "ja",
    "zh-Hant-TW",
    "*",
    "x",
    "de-AT",
    "en-GB",
    "",
    "\u0000",
    "de;",
    "<script>",
  ];
  for (let sent = 0; sent < 5_000; sent += 1) {
    const ranges = Array.from({ length: randomInt(8) }, () => `${pick(tags)};q=${pick(["0", "0.5", "1", "x", "-1"])}`);
    keys.add(forwardedLanguage(pick([ranges.join(","), String(Math.random()), randomBytes(20).toString("latin1")])));
  }
  t.same([...keys].toSorted(), [...languages].toSorted());
});

t.test("the language is the one that the web tier would choose without the edge", async () => {
  const weight = fc.constantFrom("", ";q=0.9", ";q=0.8", ";q=0.35", ";q=0.1", ";q=0");
  const range = fc.tuple(fc.constantFrom("de", "en-GB", "fr", "de-AT", "ja", "sr-Latn-RS", "*"), weight);
  const primary = ([tag]: readonly [string, string]) => tag.split("-")[0];
  const header = fc
    .uniqueArray(range, { selector: primary, maxLength: 6 })
    // What a star leaves to those that are named is read in more than one way.
    .filter((ranges) => !(ranges.some(([tag]) => tag === "*") && ranges.some(([tag]) => tag === "en-GB")))
    .map((ranges) => ranges.map((parts) => parts.join("")).join(", "));
  fc.assert(
    fc.property(header, (given) => {
      const [through, direct] = [chooseLanguage(forwardedLanguage(given)), chooseLanguage(given)];
      if (through !== direct) throw new Error(`${through} through the edge, ${direct} without`);
    }),
    { numRuns: 2_000 },
  );
});

t.test("an event in languages of its own comes in those, also by a link, and so does its calendar file", async (t) => {
  const translated = runInNewContext(`${edgeRequestCode(translatedEvent)}; handler`) as typeof handler;
  const languageAt = (uri: string, header: string, lang?: string) => {
    const request = { uri, headers: { "accept-language": { value: header } } };
    const querystring = lang === undefined ? {} : { lang: { value: lang } };
    const passed = translated({ request: { ...request, querystring } as unknown as EdgeRequest });
    return (passed as unknown as EdgeRequest).headers["accept-language"]?.value;
  };
  for (const path of ["/", "/event.ics"]) {
    t.equal(languageAt(path, "en-GB, ar;q=0.5"), "en", path);
    t.equal(languageAt(path, "fr"), "de", "its default");
    t.equal(languageAt(path, "en", "ar"), "ar", path);
    for (const lang of ["fr", "", "constructor", "ar,de"]) t.equal(languageAt(path, "en", lang), "en", lang);
  }
  t.equal(languageAt("/robots.txt", "en", "ar"), undefined);
  const plain = handler({ request: { uri: "/", headers: {}, querystring: { lang: { value: "ar" } } } as never });
  t.match(plain["headers"], { "accept-language": { value: "en" } }, "without a choice a link decides nothing");
  t.ok(Buffer.byteLength(edgeRequestCode(translatedEvent)) <= 10_240);
});

t.test("nothing that a browser could send makes it fail", async (t) => {
  for (const header of ["\u0000", ",".repeat(5_000), "q=;q=;q=", "x".repeat(10_000), "de;q=abc", "<script>"]) {
    t.ok((languages as readonly string[]).includes(forwardedLanguage(header)), header.slice(0, 20));
  }
});

t.test("it is small enough for CloudFront", async (t) => {
  t.ok(Buffer.byteLength(source) <= 10_240);
});
