import Fastify from "fastify";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { createLanguageChoice } from "../../../web/page/language.ts";
import { createPages } from "../../../web/page/pages.ts";
import { eventPageCaching, pageRoutes } from "../../../web/routes/pages.ts";
import { exampleEvent } from "../page/example-event.ts";

const opensAt = Date.parse(exampleEvent.opensAt);
const closesAt = Date.parse(exampleEvent.closesAt);
const pages = createPages(exampleEvent);
const language = createLanguageChoice(exampleEvent, { seal: () => "", open: () => undefined });

function buildApp(t: Test, now = opensAt) {
  const clock = { now };
  const app = Fastify();
  void app.register(pageRoutes, { pages, event: exampleEvent, language, now: () => clock.now });
  t.teardown(() => app.close());
  return { app, clock };
}

function directives(caching: string): Record<string, number> {
  return Object.fromEntries(
    caching.split(", ").map((part) => [part.split("=")[0] ?? "", Number(part.split("=")[1] ?? 0)]),
  );
}

t.test("serves the page of the phase in which it is asked for", async (t) => {
  const { app, clock } = buildApp(t, opensAt - 1);
  t.match((await app.inject("/")).body, "Registration opens in");
  clock.now = opensAt;
  t.match((await app.inject("/")).body, "Registration is open");
  clock.now = closesAt;
  t.match((await app.inject("/")).body, "Registrations are no longer accepted");
});

t.test("speaks the language and the encoding of whoever asks, and says what the answer depends on", async (t) => {
  const { app } = buildApp(t);
  const headers = { "accept-language": "de", "accept-encoding": "gzip, br" };
  const reply = await app.inject({ url: "/", headers });
  t.equal(reply.headers["content-type"], "text/html; charset=utf-8");
  t.equal(reply.headers["content-encoding"], "br");
  t.match(brotliDecompressSync(reply.rawPayload).toString(), "Die Anmeldung ist geöffnet");
  const gzip = await app.inject({ url: "/", headers: { "accept-encoding": "gzip" } });
  t.match(gunzipSync(gzip.rawPayload).toString(), "Registration is open");
  t.equal(reply.headers.vary, "Accept-Language, Accept-Encoding");
});

t.test("answers 304 to whoever has the page already, with what a cache needs to go on", async (t) => {
  const { app, clock } = buildApp(t, opensAt - 1);
  const first = await app.inject("/");
  const headers = { "if-none-match": String(first.headers.etag) };
  const again = await app.inject({ url: "/", headers });
  t.equal(again.statusCode, 304);
  t.equal(again.body, "");
  for (const name of ["etag", "cache-control", "vary"]) t.ok(again.headers[name], name);
  t.equal((await app.inject({ url: "/", headers: { ...headers, "accept-language": "de" } })).statusCode, 200);
  t.equal((await app.inject({ url: "/", headers: { ...headers, "accept-encoding": "br" } })).statusCode, 200);
  clock.now = opensAt;
  t.equal((await app.inject({ url: "/", headers })).statusCode, 200, "the next phase is another page");
});

t.test("answers a HEAD without a body, so that a waiting page can read the clock", async (t) => {
  const { app } = buildApp(t);
  const reply = await app.inject({ method: "HEAD", url: "/" });
  t.equal(reply.statusCode, 200);
  t.equal(reply.body, "");
  t.ok(reply.headers.etag);
});

t.test("puts the security headers on the page", async (t) => {
  const { app } = buildApp(t);
  const { headers } = await app.inject("/");
  t.match(headers["content-security-policy"], "default-src 'none'");
  t.equal(headers["x-content-type-options"], "nosniff");
  t.equal(headers["set-cookie"], undefined);
});

t.test("is never kept beyond the next change of phase", async (t) => {
  for (const change of [opensAt, closesAt]) {
    for (const seconds of [0.5, 1, 7.9, 29, 30, 59, 61, 100, 10_000]) {
      const caching = directives(eventPageCaching(exampleEvent, change - seconds * 1_000));
      t.ok(caching["max-age"]! <= seconds && caching["max-age"]! >= 0, `${seconds} s before`);
      t.ok(caching["s-maxage"]! + caching["stale-while-revalidate"]! <= seconds, `${seconds} s before, at the edge`);
    }
  }
});

t.test("is kept for a while when nothing changes soon", async (t) => {
  for (const now of [opensAt - 86_400_000, opensAt, closesAt, closesAt + 86_400_000]) {
    const caching = eventPageCaching(exampleEvent, now);
    t.equal(caching, "public, max-age=2, s-maxage=2, stale-while-revalidate=2, stale-if-error=600");
  }
});

t.test("serves the files that the page names, for ever", async (t) => {
  const { app } = buildApp(t);
  const html = (await app.inject("/")).body;
  const urls = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, url]) => url ?? "");
  t.ok(urls.length > 5);
  for (const url of urls) {
    const reply = await app.inject({ url, headers: { "accept-encoding": "br" } });
    t.equal(reply.statusCode, 200, url);
    t.equal(reply.headers["cache-control"], "public, max-age=31536000, immutable");
    t.equal(reply.headers["content-encoding"], "br");
    const headers = { "if-none-match": String(reply.headers.etag), "accept-encoding": "br" };
    t.equal((await app.inject({ url, headers })).statusCode, 304);
  }
});

t.test("serves a file of another deployment only for a minute", async (t) => {
  const { app } = buildApp(t);
  const reply = await app.inject("/assets/of-yesterday/page.css");
  t.equal(reply.statusCode, 200);
  t.equal(reply.headers["cache-control"], "public, max-age=60");
});

t.test("has nothing else under its files", async (t) => {
  const { app } = buildApp(t);
  for (const url of ["/assets/", "/assets/x", "/assets/of-yesterday/tsconfig.json", "/assets/..%2f..%2fpages.ts"]) {
    t.equal((await app.inject(url)).statusCode, 404, url);
  }
});
