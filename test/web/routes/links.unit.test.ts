/** The lost link: `GET /lost-link` and `POST /link-requests`. */
import { t } from "../../equipment/file-test.ts";
import { decodeMailPack } from "../../../shared/mail/mail-pack.ts";
import { eventually } from "../../equipment/eventually.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import type { TestAppOptions } from "../../equipment/web-app.ts";
import { form, html, json, post, prepare, problemOf, valid } from "./registration-requests.ts";

async function linkStage(t: { teardown(end: () => unknown): void }, options: TestAppOptions = {}) {
  const packs: string[] = [];
  const sendMailPack = async (body: string) => void packs.push(body);
  const stage = await prepare(t, { ...options, parts: { sendMailPack, ...options.parts } });
  return {
    stage,
    packs,
    get: (url: string) => stage.app.inject({ url, headers: html }),
    ask: (payload: unknown = { email: valid.email }, headers: Record<string, string> = json) =>
      stage.app.inject({
        method: "POST",
        url: "/link-requests",
        headers,
        payload: typeof payload === "string" ? payload : JSON.stringify(payload),
      }),
  };
}

const asForm = (email: string) => new URLSearchParams({ email }).toString();

t.test("a request becomes one mail pack, in the language of the page, under an id of its own", async (t) => {
  const { packs, ask } = await linkStage(t);
  t.equal((await ask({ email: " Ada@EXAMPLE.org " }, { ...json, "accept-language": "de" })).statusCode, 202);
  await ask(asForm("grace@example.org"), { ...form, ...html });
  const mails = packs.map((body) => decodeMailPack(body));
  t.match(mails, [
    { requests: [{ kind: "link", email: "ada@example.org", language: "de" }], invalid: 0 },
    { requests: [{ kind: "link", email: "grace@example.org", language: undefined }], invalid: 0 },
  ]);
  const ids = mails.map(({ requests }) => requests[0]?.id);
  t.not(ids[0], ids[1]);
});

t.test("the reply is the same whatever the address, for a program and for a form", async (t) => {
  const { stage, ask, get } = await linkStage(t);
  await post(stage, valid);
  const told = new Set<string>();
  for (const email of [valid.email, "never@example.org", "a@example.org"]) {
    const program = await ask({ email });
    t.equal(program.statusCode, 202);
    t.same(program.json(), { status: "accepted" });
    t.equal(program.headers["cache-control"], "no-store");
    const browser = await ask(asForm(email), { ...form, ...html });
    t.equal(browser.statusCode, 303);
    t.equal(browser.headers.location, "/lost-link/requested");
    told.add(JSON.stringify([program, browser].map(({ headers, body }) => [{ ...headers, date: "" }, body])));
  }
  t.equal(told.size, 1);
  const page = await get("/lost-link/requested");
  t.equal(page.statusCode, 200);
  t.match(page.body, "If this address is registered");
});

t.test("the pages are not cached, and neither indexed", async (t) => {
  const { get } = await linkStage(t);
  for (const url of ["/lost-link", "/lost-link/requested"]) {
    const page = await get(url);
    t.equal(page.statusCode, 200, url);
    t.match(page.headers, { "cache-control": "no-store", "x-robots-tag": "noindex", vary: /Accept-Language/ });
    t.match(page.headers["content-security-policy"], /form-action 'self'/);
  }
});

t.test("an address that is none comes back with what is wrong, and nothing is sent", async (t) => {
  const { packs, ask } = await linkStage(t);
  for (const email of ["", "ada", "ada@example", "a@b@example.org", 7, null]) {
    const reply = await ask({ email });
    t.equal(reply.statusCode, 400, String(email));
    t.match(problemOf(reply), { code: "TURNOUT_REGISTRATION_INVALID", errors: [{ pointer: "/email" }] });
  }
  for (const payload of [{}, [], "x", { email: valid.email, name: "Ada" }]) {
    t.equal((await ask(payload)).statusCode, 400, JSON.stringify(payload));
  }
  const page = await ask(asForm("ada <b>"), { ...form, ...html });
  t.equal(page.statusCode, 400);
  t.match(page.body, 'value="ada &lt;b&gt;"');
  t.match(page.body, /<a href="#email">/);
  t.match(page.body, 'action="/link-requests"');
  t.same(packs, []);
});

t.test("a form that another site sent is rejected, and so is another media type", async (t) => {
  const { packs, ask } = await linkStage(t);
  const foreign = await ask(asForm(valid.email), { ...form, origin: "https://evil.example" });
  t.match(problemOf(foreign), { code: "TURNOUT_ORIGIN_REFUSED", status: 403 });
  t.equal((await ask("ada", { "content-type": "text/plain" })).statusCode, 415);
  t.same(packs, []);
});

t.test("a mail queue that does not answer is 503 with Retry-After; the page keeps the address", async (t) => {
  const sendMailPack = () => Promise.reject(new Error("gone"));
  const { stage, ask } = await linkStage(t, { parts: { sendMailPack } });
  const program = await ask();
  t.match(problemOf(program), { code: "TURNOUT_MAIL_UNAVAILABLE", status: 503 });
  const page = await ask(asForm(valid.email), { ...form, ...html });
  t.match(page.body, `value="${valid.email}"`);
  t.match(page.body, "That did not get through");
  for (const { statusCode, headers } of [program, page]) {
    t.equal(statusCode, 503);
    t.match(headers, { "retry-after": /^[1-9]\d*$/, "cache-control": "no-store" });
  }
  t.equal((await post(stage, valid)).statusCode, 202, "and registrations go on");
});

t.test("sends under way are bounded, and none is tried while all fail but one at a time", async (t) => {
  const held: PromiseWithResolvers<void>[] = [];
  const clock = createManualClock();
  const sendMailPack = () => {
    const one = Promise.withResolvers<void>();
    held.push(one);
    return one.promise;
  };
  const { stage, ask } = await linkStage(t, { parts: { sendMailPack, now: clock.now } });
  const early = Array.from({ length: 40 }, () => ask());
  await eventually(() => held.length === 16, "as many as may be are under way");
  const rejected = await ask();
  t.match(problemOf(rejected), { code: "TURNOUT_OVERLOADED", status: 503 });
  t.match(rejected.headers["retry-after"], /^[1-9]\d*$/);
  t.equal(held.length, 16);
  t.equal((await post(stage, valid)).statusCode, 202, "registrations are not shed with them");
  for (const { reject } of held.splice(0)) reject(new Error("gone"));
  const codes = (await Promise.all(early)).map((reply) => reply.statusCode);
  t.same([...new Set(codes)], [503]);
  clock.advance(500);
  const second = ask();
  await eventually(() => held.length === 1, "it is tried again");
  clock.advance(1_600);
  for (const { reject } of held.splice(0)) reject(new Error("gone"));
  await second;
  const probe = ask();
  await eventually(() => held.length === 1, "one tries");
  for (let time = 0; time < 5; time += 1) t.match(problemOf(await ask()), { code: "TURNOUT_OVERLOADED" });
  t.equal(held.length, 1);
  for (const { resolve } of held) resolve();
  t.equal((await probe).statusCode, 202);
});

t.test("one client may ask a tenth as often as it may register, but once at least", async (t) => {
  for (const [rateLimitPerMinute, requests] of [
    [20, 2],
    [3, 1],
  ] as const) {
    const { ask } = await linkStage(t, { limits: { rateLimitPerMinute } });
    for (let time = 0; time < requests; time += 1) t.equal((await ask()).statusCode, 202);
    const rejected = await ask();
    t.equal(rejected.statusCode, 429);
    t.match(problemOf(rejected), { code: "TURNOUT_RATE_LIMITED" });
  }
});

t.test("the event page, the closed page and an unknown link lead to it, only where mail is set up", async (t) => {
  const closed = () => Date.parse("2027-02-01T00:00:00Z");
  for (const [mails, parts] of [
    [true, {}],
    [false, { sendMailPack: undefined }],
  ] as const) {
    const open = await linkStage(t, { parts });
    const ended = await linkStage(t, { parts: { ...parts, wallClock: closed } });
    for (const page of [
      await open.get("/"),
      await ended.get("/"),
      await open.get("/registrations/never"),
      await ended.get("/registrations/never"),
    ]) {
      t.equal(page.body.includes('href="/lost-link"'), mails);
    }
    t.equal((await open.get("/lost-link")).statusCode, mails ? 200 : 404);
    t.equal((await open.get("/lost-link/requested")).statusCode, mails ? 200 : 404);
    t.equal((await open.ask()).statusCode, mails ? 202 : 404);
    t.equal((await open.get("/link-requests")).statusCode, mails ? 303 : 404, "as after a reload of a rejected form");
    const { paths } = (await open.stage.app.inject("/openapi.json")).json<{ paths: object }>();
    t.equal("/link-requests" in paths, mails);
  }
});
