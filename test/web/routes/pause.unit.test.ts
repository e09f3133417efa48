/** New registrations while somebody has paused them: programs, forms, the page; and what goes on. */
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { testTime, type TestAppOptions } from "../../equipment/web-app.ts";
import { translatedEvent } from "../../equipment/translated-event.ts";
import { acceptedByDefault, isPaused, type Acceptance } from "../../../shared/acceptance/acceptance.ts";
import { form, html, json, post, prepare, problemOf, valid } from "./registration-requests.ts";

const paused: Acceptance = {
  ...acceptedByDefault,
  state: "paused",
  pauseNotice: { en: "Back <at> noon.", de: "Um 12 geht es weiter." },
  who: "ann",
  why: "secret reason",
  at: "2026-03-01T09:59:00.000Z",
  version: 1,
};

async function stageWith(t: Test, first: Acceptance, options: TestAppOptions = {}) {
  const ordered = { now: first };
  const acceptance = {
    isPaused: () => isPaused(ordered.now, testTime),
    latest: () => ordered.now,
    ageSeconds: () => 1,
  };
  const stage = await prepare(t, { ...options, parts: { acceptance, ...options.parts } });
  return { ...stage, ordered };
}

const typed = new URLSearchParams({
  email: "ada@example.org",
  name: "Ada <Lovelace>",
  "answers.meal": "meat",
  "answers.terms": "on",
  "answers.company": "Analytical Engines",
}).toString();

t.test("a program is told so, when to come back, and what the organiser says, in its language", async (t) => {
  const stage = await stageWith(t, paused);
  const reply = await post(stage, valid, { ...json, "accept-language": "de" });
  t.equal(reply.statusCode, 503);
  t.equal(reply.headers["retry-after"], "20");
  t.equal(reply.headers["cache-control"], "no-store");
  t.match(reply.headers["content-type"], /^application\/problem\+json/);
  t.match(problemOf(reply), {
    code: "TURNOUT_PAUSED",
    status: 503,
    notice: { text: "Um 12 geht es weiter.", language: "de" },
  });
  t.notMatch(reply.body, "secret reason", "why is for the audit log");
  t.notMatch(reply.body, "ann");
  t.match(problemOf(await post(stage, valid)), { notice: { text: "Back <at> noon.", language: "en" } });
  t.same(stage.queued, []);
  stage.ordered.now = { ...paused, state: "open", version: 2 };
  t.equal((await post(stage, valid)).statusCode, 202, "resumed");
  t.equal(stage.queued.length, 1);
});

t.test("with a known end nobody is told to come back after it", async (t) => {
  const until = new Date(testTime + 4_500).toISOString();
  const stage = await stageWith(t, { ...paused, until });
  const reply = await post(stage, valid);
  t.equal(reply.headers["retry-after"], "5");
  t.match(problemOf(reply), { until });
  stage.ordered.now = { ...paused, until: new Date(testTime).toISOString(), version: 2 };
  t.equal((await post(stage, valid)).statusCode, 202, "and then it is over");
});

t.test("a form comes back with everything that was typed, and the button works", async (t) => {
  const stage = await stageWith(t, paused);
  const reply = await post(stage, typed, { ...form, ...html });
  t.equal(reply.statusCode, 503);
  t.equal(reply.headers["retry-after"], "20");
  for (const part of [
    /value="ada@example\.org"/,
    /Ada &lt;Lovelace&gt;/,
    /Analytical Engines/,
    /<option selected>meat/,
  ]) {
    t.match(reply.body, part);
  }
  t.match(reply.body, /Back &lt;at&gt; noon\./);
  t.match(reply.body, /Everything you entered is still here/);
  t.notMatch(reply.body, /<button class="primary"[^>]* disabled/);
  t.same(stage.queued, []);
  const german = await post(stage, typed, { ...form, ...html, "accept-language": "de" });
  t.match(german.body, /Die Anmeldung ist unterbrochen[^]*Um 12 geht es weiter\./);
});

t.test("the page says so, with a button that cannot be pressed without a script, until it is resumed", async (t) => {
  const stage = await stageWith(t, acceptedByDefault);
  const page = async (language = "en") =>
    await stage.app.inject({ url: "/", headers: { "accept-language": language } });
  const open = await page();
  t.notMatch(open.body, 'id="pause"');
  stage.ordered.now = paused;
  const shown = await page();
  t.match(shown.body, /id="pause"[^]*Registration is paused[^]*Back &lt;at&gt; noon\./);
  t.match(shown.body, /<button class="primary"[^>]* disabled>/);
  t.not(shown.headers.etag, open.headers.etag, "a cache sees that it is another page");
  t.match((await page("de")).body, /Die Anmeldung ist unterbrochen/);
  t.match((await page("ar")).body, /<p class="said" lang="en-GB" dir="ltr">Back/, "marked as what it is written in");
  stage.ordered.now = { ...paused, state: "open", version: 2 };
  t.equal((await page()).body, open.body);
});

t.test("nobody's cache keeps the page for more than seconds", async (t) => {
  const stage = await stageWith(t, acceptedByDefault);
  const { headers } = await stage.app.inject("/");
  const seconds = [...String(headers["cache-control"]).matchAll(/(?:max-age|s-maxage|revalidate)=(\d+)/g)];
  t.equal(seconds.length, 3);
  t.ok(seconds.reduce((sum, [, value]) => sum + Number(value), 0) <= 6);
});

t.test("a notice is on every page of attendees, whether paused or not", async (t) => {
  const notice = { event: "The venue has changed: hall 4." };
  const stage = await stageWith(t, { ...acceptedByDefault, notice, version: 1 }, { event: translatedEvent });
  const status = `/registrations/${stage.receipts.seal({
    email: "ada@example.org",
    registrationId: "4f6c1e1a-0000-4000-8000-000000000001",
    submittedAt: new Date(testTime).toISOString(),
  })}`;
  for (const url of ["/", status, "/nowhere"]) {
    const { body } = await stage.app.inject({ url, headers: html });
    t.match(body, /<p class="note announced"[^>]*>The venue has changed: hall 4\.<\/p>/, url);
  }
  t.notMatch((await stage.app.inject("/")).body, 'id="pause"');
});

t.test("corrections, withdrawals and statuses go on while it is paused", async (t) => {
  const stage = await stageWith(t, paused);
  const receipt = stage.receipts.seal({
    email: "ada@example.org",
    registrationId: "4f6c1e1a-0000-4000-8000-000000000001",
    submittedAt: new Date(testTime - 60_000).toISOString(),
  });
  const { email: __, ...content } = valid;
  const url = `/registrations/${receipt}`;
  t.equal(
    (await stage.app.inject({ method: "PUT", url, headers: json, payload: JSON.stringify(content) })).statusCode,
    202,
  );
  t.equal((await stage.app.inject({ method: "DELETE", url })).statusCode, 202);
  t.equal((await stage.app.inject(url)).statusCode, 200);
  t.equal(stage.changes.length, 2);
});

t.test("outside the opening times the plan counts, paused or not", async (t) => {
  const stage = await stageWith(t, paused, { parts: { wallClock: () => Date.parse("2027-02-01T00:00:00Z") } });
  t.match(problemOf(await post(stage, valid)), { code: "TURNOUT_CLOSED" });
});

t.test("a paused instance is healthy and ready, and says so to its monitoring", async (t) => {
  const stage = await stageWith(t, paused);
  const health = await stage.app.inject("/health");
  t.equal(health.statusCode, 200);
  t.same(health.json(), { status: "ok", acceptance: "paused", acceptanceReadSecondsAgo: 1 });
  t.equal((await stage.app.inject("/ready")).statusCode, 200);
  await post(stage, valid);
  const { body } = await stage.app.inject("/metrics");
  t.match(body, /^turnout_acceptance_paused\{tier="web"\} 1$/m);
  t.match(body, /^turnout_acceptance_read_age_seconds\{tier="web"\} 1$/m);
  t.match(body, /^turnout_requests_refused_total\{code="TURNOUT_PAUSED",tier="web"\} 1$/m);
});
