import { t } from "../../equipment/file-test.ts";
import { buildTestApp, testEvent, testTime } from "../../equipment/web-app.ts";

t.test("icons are where browsers request them by themselves", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  const png = /^\u0089PNG/;
  for (const [url, type, start] of [
    ["/favicon.ico", "image/x-icon", /^\0\0\u0001\0\u0001\0/],
    ["/apple-touch-icon.png", "image/png", png],
    ["/apple-touch-icon-precomposed.png", "image/png", png],
  ] as const) {
    const reply = await app.inject(url);
    t.equal(reply.statusCode, 200, url);
    t.match(reply.headers, { "content-type": type, "cache-control": /^public, max-age=\d+$/ }, url);
    t.match(reply.rawPayload.toString("latin1"), start, url);
  }
});

t.test("crawlers are kept from receipts and from nothing else", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  const reply = await app.inject("/robots.txt");
  t.match(reply.headers["content-type"], /^text\/plain/);
  t.equal(reply.body, "User-agent: *\nDisallow: /registrations/\n");
});

t.test("a security contact is shown where there is one, and expires within a year", async (t) => {
  const bare = await buildTestApp();
  const { app } = await buildTestApp({
    parts: { securityContact: "mailto:security@example.org", publicUrl: "https://summit.example.org" },
  });
  t.teardown(() => Promise.all([app.close(), bare.app.close()]));
  const url = "/.well-known/security.txt";
  t.equal((await bare.app.inject(url)).statusCode, 404);
  const reply = await app.inject(url);
  t.equal(reply.statusCode, 200);
  t.match(reply.headers["content-type"], /^text\/plain; charset=utf-8/);
  const lines = reply.body.trimEnd().split("\n");
  t.ok(lines.includes("Contact: mailto:security@example.org"));
  t.ok(lines.includes("Canonical: https://summit.example.org/.well-known/security.txt"));
  const expires = Date.parse(/Expires: (.*)/.exec(reply.body)?.[1] ?? "");
  t.ok(expires > testTime + 100 * 86_400_000 && expires < testTime + 365 * 86_400_000);
});

t.test("the event is there for calendars where it is known when it starts, the same file for everybody", async (t) => {
  const event = { ...testEvent, startsAt: "2027-02-01T09:00:00+01:00" };
  const { app } = await buildTestApp({ event, parts: { statuses: { read: async () => ({ status: "confirmed" }) } } });
  const bare = await buildTestApp();
  t.teardown(() => Promise.all([app.close(), bare.app.close()]));
  const reply = await app.inject("/event.ics");
  t.equal(reply.statusCode, 200);
  t.match(reply.headers, {
    "content-type": /^text\/calendar/,
    "cache-control": /^public, max-age=\d+$/,
    "content-disposition": 'attachment; filename="event.ics"',
  });
  t.match(reply.body, /BEGIN:VEVENT[^]*DTSTART;TZID=Europe\/Berlin:20270201T090000/);
  t.equal((await bare.app.inject("/event.ics")).statusCode, 404);
  const url = "/registrations/";
  const seal = bare.receipts.seal({ email: "a@example.org", registrationId: "ada-00001", submittedAt: event.opensAt });
  const page = await app.inject({ url: url + seal, headers: { accept: "text/html" } });
  t.match(page.body, 'href="/event.ics"', "and the status of a confirmed registration leads there");
});
