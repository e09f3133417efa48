/** `POST /registrations` as a form, with and without JavaScript. */
import { t } from "../../equipment/file-test.ts";
import { testEvent, type TestApp } from "../../equipment/web-app.ts";
import { form, html, post, prepare, problemOf, valid } from "./registration-requests.ts";

t.test("a form post is answered with the way to the status page", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada Lovelace",
    "answers.meal": "meat",
    "answers.terms": "on",
    "answers.guests": "3",
    "answers.company": "",
  });
  const reply = await post(stage, body.toString(), { ...form, ...html });
  t.equal(reply.statusCode, 303);
  t.match(reply.headers.location, /^\/registrations\/k\./);
  t.match(stage.queued, [{ answers: { meal: "meat", terms: true, guests: 3 } }]);
});

t.test("a form post that is wrong comes back as the page, with what was entered and 400", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({ email: "no address", name: "Ada <b>", "answers.meal": "fish" });
  const reply = await post(stage, body.toString(), { ...form, ...html });
  t.equal(reply.statusCode, 400);
  t.match(reply.headers["content-type"], /^text\/html/);
  t.match(reply.body, /no address/);
  t.match(reply.body, /Ada &lt;b&gt;/, "and is inert");
  t.equal(stage.queued.length, 0);
});

t.test("a form post while the queue is down comes back as the page, with what was entered and 503", async (t) => {
  const stage = await prepare(t, { send: () => Promise.reject(new Error("gone")) });
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "on",
  });
  const reply = await post(stage, body.toString(), { ...form, ...html });
  t.equal(reply.statusCode, 503);
  t.match(reply.headers["retry-after"], /^[1-9]\d*$/);
  t.match(reply.body, /ada@example\.org/);
});

t.test("a form that another site sent is rejected, and nothing is queued", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({ ...valid, answers: "" }).toString();
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", origin: "null" },
    { origin: "https://evil.example" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
    { origin: "https://evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" },
  ]) {
    const reply = await post(stage, body, { ...form, ...headers });
    t.equal(reply.statusCode, 403, JSON.stringify(headers));
    t.match(problemOf(reply), { code: "TURNOUT_ORIGIN_REFUSED" });
  }
  t.equal(stage.queued.length, 0);
});

t.test("the media type of a form is read by one parser, for the guard as for the body", async (t) => {
  const stage = await prepare(t);
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "on",
  });
  for (const type of [
    "Application/X-WWW-Form-Urlencoded",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "APPLICATION/X-WWW-FORM-URLENCODED;charset=utf-8",
    " application/x-www-form-urlencoded ;x=y",
  ]) {
    const foreign = await post(stage, body.toString(), { "content-type": type, origin: "https://evil.example" });
    t.equal(foreign.statusCode, 403, type);
    t.equal(stage.queued.length, 0, `${type}: nothing is queued`);
    const own = await post(stage, body.toString(), { "content-type": type });
    t.equal(own.statusCode, 303, type);
    stage.queued.length = 0;
  }
  for (const type of [
    "application/x-www-form-urlencodedx",
    "application/x-www-form-urlencoded,application/json",
    "x",
  ]) {
    t.equal((await post(stage, body.toString(), { "content-type": type })).statusCode, 415, type);
  }
});

t.test("our own form is taken from browsers that say null, or the site's public name, of where they are", async (t) => {
  const behindProxy = { limits: { trustedProxies: ["127.0.0.1"] } };
  const known = await prepare(t, { ...behindProxy, parts: { publicUrl: "https://summit.example.org" } });
  const unknown = await prepare(t, behindProxy);
  const body = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    "answers.meal": "meat",
    "answers.terms": "on",
  });
  const send = (stage: TestApp, headers: Record<string, string>) =>
    post(stage, body.toString(), { ...form, ...html, ...headers });
  for (const [stage, headers, status] of [
    [known, { origin: "null" }, 303],
    [known, { origin: "https://summit.example.org", host: "web.internal" }, 303],
    [known, { origin: "http://summit.example.org" }, 403],
    [known, { origin: "https://web.internal", host: "web.internal" }, 403],
    [known, { origin: "https://evil.example", "x-forwarded-host": "evil.example" }, 403],
    [unknown, { origin: "null" }, 303],
    [unknown, { origin: "http://summit.lan:8080", host: "Summit.LAN:8080" }, 303],
    [unknown, { origin: "https://evil.example", "x-forwarded-host": "evil.example" }, 403],
  ] as const) {
    t.equal((await send(stage, headers)).statusCode, status, JSON.stringify(headers));
  }
});

t.test(
  "a reload of a form that was rejected leads to the event page; a program is told what the address is for",
  async (t) => {
    const stage = await prepare(t);
    const reload = await stage.app.inject({ url: "/registrations", headers: html });
    t.equal(reload.statusCode, 303);
    t.match(reload.headers, { location: "/", "cache-control": "no-store" });
    const program = await stage.app.inject("/registrations");
    t.equal(program.statusCode, 405);
    t.equal(program.headers.allow, "POST");
    t.match(program.json(), { code: "TURNOUT_METHOD_NOT_ALLOWED" });
  },
);

t.test("a field of 2000 characters is taken as a form in every script", async (t) => {
  const event = { ...testEvent, fields: [{ id: "about", type: "text" as const, label: "About", maxLength: 2_000 }] };
  const stage = await prepare(t, { event });
  for (const character of ["a", "é", "あ", "\u{1e900}", "\n"]) {
    const answer = `x${character.repeat(1_998)}x`;
    const body = new URLSearchParams({ email: "ada@example.org", name: "Ada", "answers.about": answer });
    const reply = await post(stage, body.toString().replaceAll("%0A", "%0D%0A"), { ...form, ...html });
    t.equal(reply.statusCode, 303, `${character}: ${body.toString().length} bytes`);
    t.equal(stage.queued.at(-1)?.answers["about"], answer);
    t.equal((await post(stage, { email: "ada@example.org", name: "Ada", answers: { about: answer } })).statusCode, 202);
  }
  t.equal((await post(stage, `"${"x".repeat(50_000)}"`)).statusCode, 413, "control: there is a limit still");
});
