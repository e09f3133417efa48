import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import Fastify from "fastify";
import t from "tap";
import { chooseLanguage } from "../../web/page/language.ts";
import { createPages } from "../../web/page/pages.ts";
import { siteFiles } from "../../web/routes/site-files.ts";
import { event } from "./synthesis.ts";

interface EdgeRequest {
  readonly uri: string;
  readonly headers: Record<string, { value: string }>;
}

const source = readFileSync(new URL("../../infra/edge-request.js", import.meta.url), "utf8");
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
  await app.register(siteFiles, { pages, publicUrl: undefined, securityContact: undefined, now: Date.now });
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

t.test("a browser's way to write its languages does not make a page of its own in the cache", async (t) => {
  t.equal(forwardedLanguage("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"), "de,en");
  t.equal(forwardedLanguage("de, en-gb;q=0.5"), "de,en");
  t.equal(forwardedLanguage("en;q=0.1, fr"), "fr,en");
  t.equal(forwardedLanguage("fr, es, it, pt, nl, sv"), "fr,es,it,pt");
});

t.test("the language that the web tier chooses is the same as without the edge", async (t) => {
  const headers = [
    "de-DE,de;q=0.9,en;q=0.8",
    "fr;q=0.9,de;q=0.8",
    "en;q=0,de;q=0.1",
    "*",
    "*;q=0.5,de",
    "",
    ";;;",
    "de;q=2",
  ];
  for (const header of headers) t.equal(chooseLanguage(forwardedLanguage(header)), chooseLanguage(header), header);
});

t.test("nothing that a browser could send makes it fail", async (t) => {
  for (const header of ["\u0000", ",".repeat(5_000), "q=;q=;q=", "x".repeat(10_000), "de;q=abc", "<script>"]) {
    t.match(forwardedLanguage(header), /^([a-z]{2,3}|\*)?(,([a-z]{2,3}|\*))*$/);
  }
});

t.test("it is small enough for CloudFront", async (t) => {
  t.ok(Buffer.byteLength(source) <= 10_240);
});
