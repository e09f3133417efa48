import { t } from "../equipment/file-test.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { translatedEvent } from "../equipment/translated-event.ts";
import { startPreview } from "../../preview/preview.ts";
import { testEvent } from "../equipment/web-app.ts";

/** Registration is open. */
const now = () => Date.parse("2026-03-01T10:00:00.000Z");
const preview = await startPreview({ event: testEvent, logo: undefined }, 0, now);
t.teardown(() => preview.stop());
const urlOf = (state: string) => preview.pages.find((page) => page.state === state)?.url ?? "";
const page = (url: string) => fetch(url, { headers: { accept: "text/html", "accept-language": "en" } });

t.test("every state has a page that says it", async (t) => {
  const headings: Record<string, RegExp> = {
    before: /Registration opens in/,
    open: /<h2[^>]*>\s*Register/,
    pending: /<h2[^>]*>\s*We have your registration\s*</,
    confirmed: /<h2[^>]*>\s*You are registered/,
    "needs-attention": /someone will review it/,
    declined: /Your registration was not accepted/,
    withdrawn: /Your registration has been withdrawn/,
    "confirmed, by mail": /Ada Lovelace/,
    correction: /value="Ada Lovelace"/,
    withdrawal: /Withdraw your registration\?/,
    "lost link": /Lost your link\?/,
    closed: /Registration is closed/,
  };
  for (const [state, heading] of Object.entries(headings)) {
    const answer = await page(urlOf(state));
    t.equal(answer.status, 200, state);
    t.match(await answer.text(), heading, state);
  }
  const errors = await page(urlOf("errors"));
  t.equal(errors.status, 400);
  t.match(await errors.text(), /id="?summary[^]*ada@example/);
  t.equal(preview.pages.length, Object.keys(headings).length + 1, "and no other page");
});

t.test("each page is at a time of its phase, by the server's clock", async (t) => {
  const timeAt = async (state: string) => Date.parse((await page(urlOf(state))).headers.get("date") ?? "");
  const [opens, closes] = [Date.parse(testEvent.opensAt), Date.parse(testEvent.closesAt)];
  t.ok((await timeAt("before")) < opens);
  t.equal(await timeAt("open"), now(), "the real time, where the event is in that phase");
  t.ok((await timeAt("closed")) > closes);
});

t.test("it listens on this machine alone, and a form that is sent has its answer", async (t) => {
  for (const { url } of preview.pages) t.equal(new URL(url).hostname, "127.0.0.1");
  const answer = await fetch(new URL("/registrations", urlOf("open")), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "ann@example.org", name: "Ann", answers: { meal: "meat", terms: true } }),
  });
  t.equal(answer.status, 202);
  const { statusUrl } = (await answer.json()) as { statusUrl: string };
  const status = await fetch(new URL(statusUrl, urlOf("open")), { headers: { accept: "application/json" } });
  t.match(await status.json(), { status: "pending" });
});

t.test("a port that is taken is told, and nothing is left listening", async (t) => {
  const port = Number(new URL(urlOf("before")).port);
  await t.rejects(startPreview({ event: testEvent, logo: undefined }, port, now), {
    code: "TURNOUT_USAGE_INVALID",
    message: /--port/,
  });
});

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

t.test("every state is there in each of the event's languages, with its logo", async (t) => {
  const event: EventDefinition = { ...translatedEvent, logo: "logo.png" };
  const translated = await startPreview({ event, logo: { bytes: png, type: "png" } }, 0, now);
  t.teardown(() => translated.stop());
  const states = new Set(preview.pages.map(({ state }) => state));
  const expected: Record<string, { readonly lang: string; readonly name: string }> = {
    de: { lang: "de-DE", name: "Tag der offenen Tür" },
    en: { lang: "en-GB", name: "Open day" },
    ar: { lang: "ar", name: "يوم الأبواب المفتوحة" },
  };
  for (const [language, { lang, name }] of Object.entries(expected)) {
    const pages = translated.pages.filter((one) => one.language === language);
    t.same(new Set(pages.map(({ state }) => state)), states, language);
    for (const { state, url } of pages) {
      // The browser prefers another one.
      const text = await (await page(url.replace(/#.*/, ""))).text();
      t.match(text, `<html lang="${lang}"`, `${language}: ${state}`);
      t.match(text, name, `${language}: ${state}`);
      t.match(text, /<img[^>]*logo/, `${language}: ${state} has the logo`);
    }
  }
  t.equal(translated.pages.length, 3 * preview.pages.length);
  t.notMatch(await (await page(urlOf("open"))).text(), /<img[^>]*logo/, "control: none without one");
});
