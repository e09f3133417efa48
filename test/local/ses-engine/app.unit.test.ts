import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { buildSesApp, type SesAppOptions } from "../../../local/ses-engine/app.ts";

const host = "127.0.0.1:3005";
const at = Date.UTC(2026, 4, 1, 12);

async function open(t: Test, options: Partial<SesAppOptions> = {}) {
  let ids = 0;
  const { app } = await buildSesApp({ now: () => at, newMessageId: () => `message-${(ids += 1)}`, ...options });
  t.teardown(() => app.close());
  const send = (payload: object, url = "/v2/email/outbound-bulk-emails") =>
    app.inject({ method: "POST", url, headers: { host }, payload });
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers: { host, ...headers } });
  return { app, send, get };
}

function bulk(addresses: readonly string[], template: object = {}) {
  return {
    FromEmailAddress: "Turnout <registration@localhost>",
    DefaultContent: {
      Template: {
        TemplateContent: {
          Subject: "For <{{who}}>",
          Text: "See http://127.0.0.1:3000/registrations/{{who}}.",
          Html: '<html><head><title>x</title></head><body><script>alert(1)</script><a href="/x">{{who}}</a></body></html>',
        },
        TemplateData: '{"who":"somebody"}',
        Headers: [{ Name: "Auto-Submitted", Value: "auto-generated" }],
        Attachments: [
          { FileName: "sümmit.ics", ContentType: "text/calendar", RawContent: Buffer.from("BEGIN").toString("base64") },
        ],
        ...template,
      },
    },
    BulkEmailEntries: addresses.map((address) => ({
      Destination: { ToAddresses: [address] },
      ReplacementEmailContent: {
        ReplacementTemplate: { ReplacementTemplateData: JSON.stringify({ who: address.split("@")[0] }) },
      },
    })),
  };
}

t.test("the inbox lists mails newest first, to everybody or to one address, and says when it has none", async (t) => {
  const { send, get } = await open(t);
  t.match((await get("/")).body, "No mail yet");
  await send(bulk(["ada@example.org", "bob@example.org"]));
  const all = (await get("/")).body;
  t.match(all, /\/mails\/2"[^]*For &lt;bob&gt;[^]*\/mails\/1"[^]*For &lt;ada&gt;/);
  t.match(all, "2026-05-01 12:00:00 UTC");
  const one = (await get("/?to=ADA%40example.org")).body;
  t.match(one, "For &lt;ada&gt;");
  t.notMatch(one, "For &lt;bob&gt;");
  t.notMatch((await get("/?to=%22%3E%3Cb%3E")).body, "<b>", "what was asked for is escaped");
  t.match((await get("/?to=")).body, "For &lt;bob&gt;", "the empty form shows all");
});

t.test("a mail is shown with its headers, parts, and attachments, and its HTML runs nothing", async (t) => {
  const { send, get } = await open(t);
  await send(bulk(["ada@example.org"]));
  const page = await get("/mails/1");
  t.match(page.body, "auto-generated");
  t.match(page.body, 'href="http://127.0.0.1:3000/registrations/ada"', "the full stop is no part of the link");
  t.match(page.body, /<iframe [^>]*sandbox="allow-popups [^"]*allow-top-navigation-by-user-activation"/);
  t.notMatch(page.body, /<script/);
  t.notMatch(page.headers["content-security-policy"], "unsafe");
  const html = await get("/mails/1/html");
  t.match(html.headers["content-security-policy"], /^sandbox (?!.*allow-scripts).*default-src 'none'/);
  t.match(html.body, '<head><base target="_blank"><title>');
  const file = await get("/mails/1/attachments/1");
  t.equal(file.body, "BEGIN");
  t.match(file.headers, {
    "content-type": "text/calendar",
    "content-disposition": "attachment; filename*=UTF-8''s%C3%BCmmit.ics",
    "x-content-type-options": "nosniff",
  });
  for (const url of ["/mails/2", "/mails/2/html", "/mails/1/attachments/2", "/nothing"]) {
    t.match(await get(url), { statusCode: 404, headers: { "content-type": /^text\/html/ } }, url);
  }
  t.equal((await get("/mails/x")).statusCode, 400);
});

t.test("programs read the same as JSON, by address and page by page", async (t) => {
  const { send, get } = await open(t);
  await send(bulk(["ada@example.org", "bob@example.org"]));
  const { mails } = (await get("/mails.json?to=ada@example.org")).json<{ mails: unknown[] }>();
  t.strictSame(mails, [
    {
      id: 1,
      messageId: "message-1",
      at: "2026-05-01T12:00:00.000Z",
      to: "ada@example.org",
      from: "Turnout <registration@localhost>",
      subject: "For <ada>",
      headers: { "Auto-Submitted": "auto-generated" },
      text: "See http://127.0.0.1:3000/registrations/ada.",
      html: '<html><head><title>x</title></head><body><script>alert(1)</script><a href="/x">ada</a></body></html>',
      attachments: [{ name: "sümmit.ics", type: "text/calendar", size: 5 }],
      delivery: "delivered",
    },
  ]);
  const page = (await get("/mails.json?limit=1")).json<{ mails: { id: number }[]; sent: number }>();
  t.match(page, { sent: 2, mails: [{ id: 2 }] });
  t.match((await get("/mails.json?limit=1&before=2")).json(), { mails: [{ id: 1 }] });
});

t.test("the page says when older mails were dropped, and leads to the next older ones", async (t) => {
  const { send, get } = await open(t, { mailbox: { maxMails: 60 } });
  const addresses = Array.from({ length: 40 }, (_, index) => `a${index}@example.org`);
  await send(bulk(addresses));
  await send(bulk(addresses));
  const first = (await get("/")).body;
  t.match(first, "The 20 oldest mails were dropped");
  t.match(first, '"?before=31"');
  t.match((await get("/?before=31")).body, "/mails/21");
});

t.test("other sites neither load nor frame the pages, and no page uses the API", async (t) => {
  const { app, send, get } = await open(t);
  await send(bulk(["ada@example.org"]));
  const cross = { "sec-fetch-site": "cross-site" };
  for (const headers of [
    { host: "evil.example:3005" },
    { origin: "http://evil.example" },
    { ...cross, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
    { ...cross, "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
  ]) {
    for (const url of ["/", "/mails/1", "/mails.json", "/mails/1/html"]) {
      const answer = await get(url, headers);
      t.equal(answer.statusCode, 403, `${url} ${JSON.stringify(headers)}`);
      t.notMatch(answer.body, "ada");
    }
  }
  const followed = { ...cross, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  t.equal((await get("/mails/1", followed)).statusCode, 200, "a link to the inbox may be followed");
  t.equal((await get("/mails/1/html", { "sec-fetch-site": "same-origin" })).statusCode, 200);
  t.match((await get("/")).headers["content-security-policy"], "frame-ancestors 'none'");
  for (const [method, url] of [
    ["POST", "/v2/email/outbound-bulk-emails"],
    ["POST", "/control"],
    ["DELETE", "/mails"],
    ["GET", "/v2/email/account"],
    ["GET", "/control"],
  ] as const) {
    const headers = { host, "sec-fetch-site": "none" };
    t.equal((await app.inject({ method, url, headers })).statusCode, 403, `${method} ${url}`);
  }
});

t.test("a call that is invalid as a whole is answered BadRequestException, and sends nothing", async (t) => {
  const { send, get } = await open(t);
  const valid = bulk(["ada@example.org"]);
  const wrong: [string, object][] = [
    ["no sender", { ...valid, FromEmailAddress: undefined }],
    ["a sender that is no address", { ...valid, FromEmailAddress: "Turnout" }],
    ["a sender's name that is not ASCII", { ...valid, FromEmailAddress: "Türnout <a@example.org>" }],
    ["no entries", { ...valid, BulkEmailEntries: [] }],
    ["51 entries", bulk(Array.from({ length: 51 }, (_, index) => `a${index}@example.org`))],
    ["no content", { ...valid, DefaultContent: {} }],
    ["no subject", bulk(["ada@example.org"], { TemplateContent: { Text: "x" } })],
    ["no body", bulk(["ada@example.org"], { TemplateContent: { Subject: "x" } })],
    ["default data that is no object", bulk(["ada@example.org"], { TemplateData: "[]" })],
    ["a header with a line break", bulk(["ada@example.org"], { Headers: [{ Name: "X", Value: "a\r\nBcc: b" }] })],
    ["a header name with a colon", bulk(["ada@example.org"], { Headers: [{ Name: "X:", Value: "a" }] })],
  ];
  for (const [what, body] of wrong) {
    const answer = await send(body);
    t.match(answer, { statusCode: 400, headers: { "x-amzn-errortype": "BadRequestException" } }, what);
  }
  const named = await send(bulk(["ada@example.org"], { TemplateName: "stored", TemplateContent: undefined }));
  t.match(named, { statusCode: 404, headers: { "x-amzn-errortype": "NotFoundException" } });
  t.match((await get("/mails.json")).json(), { sent: 0, mails: [] });
  t.equal((await send(valid)).statusCode, 200, "control");
});

t.test("a control that is not understood changes nothing and is told", async (t) => {
  const { send } = await open(t);
  for (const body of [{ mode: "broken" }, { maxSendRate: 0 }, { rate: 5 }]) {
    t.equal((await send(body, "/control")).statusCode, 400, JSON.stringify(body));
  }
  const changed = await send({ mode: "paused", maxSendRate: 5 }, "/control");
  t.match(changed.json(), { mode: "paused", maxSendRate: 5, max24HourSend: -1, calls: 0, mails: { sent: 0 } });
});
