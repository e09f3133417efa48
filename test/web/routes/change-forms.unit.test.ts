/** Corrections and withdrawals as forms, and what the status page says about them. */
import { t } from "../../equipment/file-test.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { referenceOf } from "../../../shared/registration/reference.ts";
import type { ReceiptContent } from "../../../shared/registration/receipts.ts";
import type { KnownRegistration } from "../../../web/status/registration-status.ts";
import { testTime, type TestApp, type TestAppOptions } from "../../equipment/web-app.ts";
import { form, html, prepare, problemOf } from "./registration-requests.ts";

const holder: ReceiptContent = {
  email: "ada@example.org",
  registrationId: "ada-00001",
  submittedAt: "2026-02-01T10:00:00.000Z",
};
const stored: KnownRegistration = {
  status: "confirmed",
  content: { name: "Ada <King>", answers: { meal: "vegetarian", terms: true, news: false, guests: 0, old: "kept" } },
};
const entries = new URLSearchParams({ name: "Ada King", "answers.meal": "meat", "answers.terms": "on" }).toString();
const minuteMs = 60_000;

async function formStage(
  t: { teardown(end: () => unknown): void },
  known: KnownRegistration | undefined = { status: "confirmed" },
  options: TestAppOptions = {},
) {
  // As the reader does: content is only for receipts from a mail.
  const read = async ({ mailbox }: ReceiptContent) => {
    if (mailbox || !known) return known;
    const { content: _, ...rest } = known;
    return rest;
  };
  const stage = await prepare(t, { ...options, parts: { statuses: { read }, ...options.parts } });
  return {
    stage,
    url: `/registrations/${stage.receipts.seal(holder)}`,
    mailedUrl: `/registrations/${stage.receipts.seal({ ...holder, mailbox: true })}`,
  };
}

const get = ({ app }: TestApp, url: string, headers: Record<string, string> = html) => app.inject({ url, headers });
const send = ({ app }: TestApp, url: string, payload = entries, headers: Record<string, string> = {}) =>
  app.inject({ method: "POST", url, headers: { ...form, ...html, ...headers }, payload });

t.test("the form is filled in with what is stored, only for a receipt from a mail", async (t) => {
  const { stage, url, mailedUrl } = await formStage(t, stored);
  const mailed = await get(stage, `${mailedUrl}/correction`);
  t.equal(mailed.statusCode, 200);
  t.match(mailed.headers, { "cache-control": "no-store", "x-robots-tag": "noindex", vary: /Accept-Language/ });
  t.match(mailed.body, 'value="Ada &lt;King&gt;"');
  t.match(mailed.body, "<option selected>vegetarian</option>");
  t.match(mailed.body, /name="answers.terms"[^>]* checked=""/);
  t.notMatch(mailed.body, "fill in everything again");
  const plain = await get(stage, `${url}/correction`);
  t.equal(plain.statusCode, 200);
  t.notMatch(plain.body, /King|<option selected>|checked=""/);
  t.match(plain.body, "fill in everything again");
  for (const page of [mailed, plain]) {
    t.match(page.body, "ada@example.org");
    t.notMatch(page.body, 'name="email"', "the address is no field");
    t.match(page.body, "The address cannot be corrected");
  }
});

t.test("the form stays empty for a receipt from a mail while nothing of it is stored", async (t) => {
  const { stage, mailedUrl } = await formStage(t, { status: "pending" });
  t.match((await get(stage, `${mailedUrl}/correction`)).body, "fill in everything again");
});

t.test("a correction by form is queued, and leads to the status of a fresh receipt, which says so", async (t) => {
  const { stage, mailedUrl } = await formStage(t);
  const reply = await send(stage, `${mailedUrl}/correction`, entries, { "accept-language": "de" });
  t.equal(reply.statusCode, 303);
  t.equal(reply.headers["cache-control"], "no-store");
  t.match(stage.changes, [
    { kind: "correction", name: "Ada King", answers: { meal: "meat", terms: true }, mailbox: true, language: "de" },
  ]);
  const location = String(reply.headers.location);
  const [path = ""] = location.split("?");
  t.same(stage.receipts.open(path.replace("/registrations/", "")), {
    ...holder,
    mailbox: true,
    changedAt: "2026-03-01T10:00:00.000Z",
  });
  const page = await get(stage, location);
  t.match(page.body, "We have received your change");
  t.match(page.body, `data-status-url="${path}"`);
});

t.test("a withdrawal is asked about first, and then queued", async (t) => {
  const { stage, url } = await formStage(t);
  const question = await get(stage, `${url}/withdrawal`);
  t.equal(question.statusCode, 200);
  t.match(question.body, "Withdraw your registration?");
  t.match(question.body, "ada@example.org");
  t.same(stage.changes, [], "which withdraws nothing");
  const reply = await send(stage, `${url}/withdrawal`, "");
  t.equal(reply.statusCode, 303);
  t.match(stage.changes, [{ kind: "withdrawal" }]);
  const page = await get(stage, String(reply.headers.location));
  t.match(page.body, "We have received your withdrawal");
  t.match(page.body, 'data-awaited="withdrawn"');
  t.match(page.body, /<noscript><meta http-equiv="refresh"/, "and the page shows it by itself");
});

t.test("the notice stays for ten minutes, by the receipt alone, whatever is stored", async (t) => {
  let now = testTime;
  for (const known of [
    { status: "confirmed" },
    { status: "pending" },
    { status: "needs-attention" },
    { status: "declined" },
    { status: "confirmed", changedAt: "2026-03-01T10:00:00.000Z" },
  ] as const) {
    now = testTime;
    const { stage, url } = await formStage(t, known, { parts: { wallClock: () => now } });
    const changed = stage.receipts.seal({ ...holder, changedAt: "2026-03-01T10:00:00.000Z" });
    const page = async (query: string) => (await get(stage, `/registrations/${changed}${query}`)).body;
    for (const query of ["?received=correction", "", "?received=x&received=withdrawal"]) {
      t.match(await page(query), "We have received your change", `${known.status} ${query}`);
    }
    t.match(await page("?received=withdrawal"), "We have received your withdrawal");
    now += 10 * minuteMs + 1;
    t.notMatch(await page("?received=withdrawal"), "We have received your withdrawal");
    t.notMatch((await get(stage, `${url}?received=withdrawal`)).body, "We have received", "not without a change");
  }
});

t.test("who is told of the withdrawal is not told as well that it was received", async (t) => {
  const { stage } = await formStage(t, { status: "withdrawn" });
  const changed = stage.receipts.seal({ ...holder, changedAt: "2026-03-01T10:00:00.000Z" });
  const page = await get(stage, `/registrations/${changed}?received=withdrawal`);
  t.match(page.body, "Your registration has been withdrawn");
  t.notMatch(page.body, /We have received|data-awaited|correct or withdraw/);
});

t.test("the status links to both forms until it is withdrawn or declined, to the correction while open", async (t) => {
  for (const status of ["pending", "confirmed", "needs-attention", "withdrawn", "declined"] as const) {
    const { stage, url } = await formStage(t, { status });
    const { body } = await get(stage, url);
    const [panel = ""] = body.split("<template");
    const ended = status === "withdrawn" || status === "declined";
    t.equal(panel.includes(`href="${url}/correction"`), !ended, status);
    t.equal(panel.includes(`href="${url}/withdrawal"`), !ended, status);
    if (ended) t.notMatch(panel, "data-change", status);
    for (const path of ["correction", "withdrawal"]) {
      const reply = await get(stage, `${url}/${path}`);
      t.equal(reply.statusCode, ended ? 303 : 200, `${status} ${path}`);
      if (ended) t.equal(reply.headers.location, url);
    }
  }
  const closed = await formStage(t, stored, { parts: { wallClock: () => Date.parse("2027-02-01T00:00:00Z") } });
  const { body } = await get(closed.stage, closed.url);
  t.notMatch(body, "/correction");
  t.match(body, `href="${closed.url}/withdrawal"`);
  t.equal((await get(closed.stage, `${closed.url}/correction`)).statusCode, 403);
  t.equal((await send(closed.stage, `${closed.url}/correction`)).statusCode, 403);
  t.match((await get(closed.stage, `${closed.url}/withdrawal`)).body, "you cannot register again");
  t.equal((await send(closed.stage, `${closed.url}/withdrawal`, "")).statusCode, 303);
});

t.test("the status shows what is stored to a receipt from a mail, with labels, and to no other", async (t) => {
  const { stage, url, mailedUrl } = await formStage(t, stored);
  const mailed = (await get(stage, mailedUrl)).body;
  const shown = [...mailed.matchAll(/<dt dir="auto">([^<]+)<\/dt><dd class="value" dir="auto">([^<]+)</g)];
  t.same(
    shown.map(([, label, value]) => [label, value]),
    [
      ["Name", "Ada &lt;King&gt;"],
      ["Guests", "0"],
      ["Meal", "vegetarian"],
      ["Terms", "Yes"],
      ["News", "No"],
      ["old", "kept"],
    ],
  );
  t.notMatch((await get(stage, url)).body, /King|vegetarian/);
  t.same((await get(stage, mailedUrl, {})).json(), {
    status: "confirmed",
    submittedAt: holder.submittedAt,
    reference: referenceOf(holder.registrationId),
  });
});

t.test("a correction that is wrong comes back as the form, with what was entered, the errors and 400", async (t) => {
  const { stage, url, mailedUrl } = await formStage(t, stored);
  for (const [at, words] of [
    [url, "Error: Correct your registration"],
    [mailedUrl, "Error: Correct your registration"],
  ] as const) {
    const body = new URLSearchParams({ name: "Ada <b>", "answers.meal": "fish", "answers.guests": "9" }).toString();
    const reply = await send(stage, `${at}/correction`, body);
    t.equal(reply.statusCode, 400);
    t.match(reply.headers["content-type"], /^text\/html/);
    t.match(reply.body, words);
    t.match(reply.body, 'value="Ada &lt;b&gt;"');
    t.match(reply.body, /<a href="#answer-terms">/);
    t.match(reply.body, `action="${at}/correction"`);
    t.notMatch(reply.body, "King", "and not what is stored");
  }
  const program = await send(stage, `${url}/correction`, "name=Ada", { accept: "application/json" });
  t.match(problemOf(program), { code: "TURNOUT_REGISTRATION_INVALID", status: 400 });
  const address = await send(stage, `${url}/correction`, `${entries}&email=grace%40example.org`);
  t.equal(address.statusCode, 400);
  t.match(address.body, "The address cannot be corrected. Leave it out");
  t.same(stage.changes, []);
});

t.test("what does not get through comes back with what was entered and 503, and can be sent again", async (t) => {
  const unread = () => Promise.reject(new TurnoutError("TURNOUT_TABLE_UNAVAILABLE", "no answer"));
  for (const options of [
    { send: () => Promise.reject(new Error("gone")) },
    { parts: { statuses: { read: unread } } },
  ] satisfies TestAppOptions[]) {
    const { stage, url } = await formStage(t, { status: "confirmed" }, options);
    const correction = await send(stage, `${url}/correction`);
    t.match(correction.body, 'value="Ada King"');
    t.match(correction.body, `action="${url}/correction"`);
    const withdrawal = await send(stage, `${url}/withdrawal`, "");
    t.match(withdrawal.body, `action="${url}/withdrawal"`);
    for (const reply of [correction, withdrawal]) {
      t.equal(reply.statusCode, 503);
      t.match(reply.body, "That did not get through");
      t.match(reply.headers, { "retry-after": /^[1-9]\d*$/, "cache-control": "no-store" });
    }
    t.match(stage.log.records, [{ code: /TURNOUT/ }], "and is counted");
  }
});

t.test("a form that another site sent, or that is none, is rejected", async (t) => {
  const { stage, url } = await formStage(t);
  for (const path of ["correction", "withdrawal"]) {
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }]) {
      t.match(problemOf(await send(stage, `${url}/${path}`, entries, { ...headers, accept: "application/json" })), {
        code: "TURNOUT_ORIGIN_REFUSED",
        status: 403,
      });
    }
    t.equal((await send(stage, `${url}/${path}`, "{}", { "content-type": "application/json" })).statusCode, 415);
  }
  t.same(stage.changes, []);
});

t.test("a receipt that is not ours, or of which nothing is known any more, has no forms", async (t) => {
  const { stage, url } = await formStage(t);
  const read = async () => undefined;
  const forgotten = await formStage(t, undefined, { parts: { statuses: { read } } });
  for (const path of ["correction", "withdrawal"]) {
    for (const [at, one] of [
      [stage, "/registrations/k.AAAA"],
      [stage, "/registrations/never"],
      [forgotten.stage, forgotten.url],
    ] as const) {
      t.equal((await get(at, `${one}/${path}`)).statusCode, 404, one);
      t.equal((await send(at, `${one}/${path}`)).statusCode, 404, one);
      t.equal((await send(at, `${one}/${path}`, "x=y")).statusCode, path === "correction" && at !== stage ? 400 : 404);
    }
    const slip = await get(stage, `${url}./${path}`);
    t.equal(slip.statusCode, 301);
    t.equal(slip.headers.location, url);
  }
  t.same([...stage.changes, ...forgotten.stage.changes], []);
});

t.test("whoever has no link from a mail is told that such a link takes precedence, where mail is set up", async (t) => {
  const { stage, url, mailedUrl } = await formStage(t, stored, { parts: { sendMailPack: async () => {} } });
  const without = await formStage(t, stored);
  const words = "through a link that we mailed";
  for (const path of ["correction", "withdrawal"]) {
    t.match((await get(stage, `${url}/${path}`)).body, words);
    t.notMatch((await get(stage, `${mailedUrl}/${path}`)).body, words);
    t.notMatch((await get(without.stage, `${without.url}/${path}`)).body, words);
  }
});
