import { t } from "../../equipment/file-test.ts";
import { languages } from "../../../shared/page/language.ts";
import { createPages } from "../../../web/page/pages.ts";
import { registrationStatuses } from "../../../web/status/registration-status.ts";
import { exampleEvent } from "./example-event.ts";

const pages = createPages(exampleEvent);
const mailing = createPages({ ...exampleEvent, startsAt: "2026-10-01T09:00:00+02:00" }, { mailsLinks: true });
const phases = ["before", "open", "closed"] as const;
const view = { status: "pending", submittedAt: "2026-09-04T07:00:03.000Z" } as const;

const change = { statusUrl: "/registrations/abc", email: "ada@example.org", mailbox: false, isOpen: true };
const nothing = { values: undefined, validationErrors: [] };
const rejected = { values: { email: "x", name: "x" }, validationErrors: [{ pointer: "/name", detail: "Wrong." }] };

/** All pages that there are, by name. */
function everyPage(): Map<string, string> {
  const all = new Map<string, string>();
  for (const language of languages) {
    for (const phase of phases) all.set(`${language} ${phase}`, pages.event(language, phase).body.toString());
    all.set(
      `${language} again`,
      pages.eventAgain(language, {
        values: { email: "x" },
        validationErrors: [{ pointer: "/email", detail: "Wrong." }],
      }),
    );
    all.set(`${language} busy`, pages.eventAgain(language, { values: {}, validationErrors: [], notice: "busy" }));
    for (const status of registrationStatuses) {
      all.set(`${language} ${status}`, pages.status(language, { ...view, status }, "/registrations/abc"));
    }
    const problem = { status: 404, title: "None", detail: "There is none.", code: "TURNOUT_RECEIPT_UNKNOWN" };
    all.set(`${language} problem`, pages.problem(language, problem));
    for (const notice of ["change", "withdrawal"] as const) {
      const received = {
        ...view,
        status: "confirmed",
        notice,
        content: { name: "Ada", answers: { guests: 2 } },
      } as const;
      all.set(`${language} received ${notice}`, mailing.status(language, received, "/registrations/abc"));
    }
    all.set(`${language} correction`, pages.correction(language, { ...change, isEmpty: true }, nothing));
    all.set(`${language} correction again`, mailing.correction(language, { ...change, isEmpty: false }, rejected));
    all.set(`${language} withdrawal`, pages.withdrawal(language, change));
    all.set(`${language} withdrawal again`, mailing.withdrawal(language, { ...change, isOpen: false, notice: "busy" }));
    all.set(`${language} lost link`, mailing.lostLink(language, nothing));
    all.set(`${language} lost link again`, mailing.lostLink(language, { ...rejected, notice: "busy" }));
    all.set(`${language} link requested`, mailing.linkRequested(language));
  }
  return all;
}

t.test("escapes what the organiser wrote", async (t) => {
  for (const [name, html] of everyPage()) {
    t.match(html, "Summit &lt;of&gt; the North &amp; South", name);
    t.notMatch(html, "<of>", name);
  }
});

t.test("escapes what an attendee entered", async (t) => {
  const attack = `"><img src=x onerror=alert(1)>`;
  const html = pages.eventAgain("en", {
    values: { email: attack, name: attack, answers: { about: `</textarea>${attack}`, ticket: attack } },
    validationErrors: [{ pointer: `/${attack}`, detail: attack }],
  });
  t.notMatch(html, "<img");
  t.match(html, "&lt;/textarea&gt;");
});

t.test("has no inline script, no inline style and nothing from elsewhere", async (t) => {
  for (const [name, html] of everyPage()) {
    t.notMatch(html, /<script(?![^>]* src="\/assets\/)/, name);
    t.notMatch(html, /<style|\sstyle=|\son\w+=|javascript:/, name);
    t.notMatch(html, /(?:src|href|action)="(?!\/|#)/, name);
  }
});

t.test("shows no hole where a value is not there", async (t) => {
  for (const [name, html] of everyPage()) t.notMatch(html, /undefined|\[object|NaN|<%|%>/, name);
});

t.test("uses no id twice", async (t) => {
  for (const [name, html] of everyPage()) {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    t.equal(new Set(ids).size, ids.length, name);
  }
});

t.test("says which language it speaks", async (t) => {
  t.match(pages.event("en", "open").body.toString(), '<html lang="en-GB">');
  t.match(pages.event("de", "open").body.toString(), '<html lang="de-DE">');
  t.match(pages.event("de", "open").body.toString(), "Die Anmeldung ist geöffnet");
});

t.test("has a form only while there is something to fill in, and a prepared one before", async (t) => {
  const html = (phase: (typeof phases)[number]) => pages.event("en", phase).body.toString();
  const outsideTemplates = (text: string) => text.replace(/<template id[\s\S]*?<\/section><\/template>/g, "");
  t.match(html("open"), '<form class="panel"');
  t.match(html("before"), /<template id="form-template"><form/);
  t.notMatch(html("closed"), "<form");
  t.match(outsideTemplates(html("closed")), "Registrations are no longer accepted");
});

t.test("takes the form's constraints over from the event", async (t) => {
  const html = pages.event("en", "open").body.toString();
  t.match(html, /<input type="email" id="email" name="email" required="" maxlength="254" autocomplete="email"/);
  t.match(html, /<input type="number" id="answer-guests" name="answers.guests" min="0" max="4" step="1"/);
  t.match(html, /<textarea[^>]* id="answer-about" name="answers.about" maxlength="2000"/);
  t.match(html, /<select id="answer-ticket" name="answers.ticket" required=""/);
  t.match(html, /<option>Friday &lt;only&gt;<\/option>/);
  t.match(html, /<input type="checkbox" value="true" id="answer-conduct" name="answers.conduct" required=""/);
});

t.test("keeps the entries of a rejected form and ties each error to its field", async (t) => {
  const html = pages.eventAgain("en", {
    values: {
      email: "not-an-address",
      name: "Ada",
      answers: { guests: 9, ticket: "Both days", about: "\nstarts with a line break", newsletter: true },
    },
    validationErrors: [{ pointer: "/email", detail: "Enter an address." }],
  });
  t.match(html, /id="email"[^>]* aria-describedby="email-hint email-error" aria-invalid="true" value="not-an-address"/);
  t.match(html, /<a href="#email">Enter an address\.<\/a>/);
  t.match(html, /id="summary" tabindex="-1" autofocus/);
  t.match(html, /<option selected>Both days<\/option>/);
  t.match(html, 'value="9"');
  t.match(html, "\n\nstarts with a line break</textarea>");
  t.match(html, /id="answer-newsletter" name="answers.newsletter" checked=""/);
  t.match(html, "<title>Error: ");
});

t.test("says that it was busy, and keeps the entries", async (t) => {
  const html = pages.eventAgain("en", { values: { email: "ada@example.org" }, validationErrors: [], notice: "busy" });
  t.match(html, /<div class="note" tabindex="-1" autofocus>\s*<h3>Many people/);
  t.match(html, 'value="ada@example.org"');
});

t.test("asks again by itself while pending, only then, and without a script", async (t) => {
  const pending = pages.status(
    "en",
    { ...view, retryAfterSeconds: 7, estimatedWaitSeconds: 100 },
    "/registrations/abc",
  );
  t.match(pending, '<noscript><meta http-equiv="refresh" content="7"></noscript>');
  t.match(pending, 'data-status-url="/registrations/abc" data-retry-after="7"');
  t.match(pending, /<dd data-unknown="[^"]+">2 minutes<\/dd>/);
  t.match(pages.status("en", view, "/registrations/abc"), 'content="2"');
  t.notMatch(pages.status("en", { ...view, status: "confirmed" }, "/registrations/abc"), "refresh");
});

t.test("says that the wait is not known where it is not, and only when told to", async (t) => {
  const row = (html: string) => /<div data-row="wait"[^]*?<\/div>/.exec(html)?.[0];
  const unknown = pages.status("en", { ...view, waitUnknown: true }, "/registrations/abc");
  t.match(row(unknown), /^<div data-row="wait">.*>not known yet<\/dd>/);
  t.match(row(pages.status("en", view, "/registrations/abc")), / hidden>/);
  const known = pages.status("en", { ...view, waitUnknown: true, estimatedWaitSeconds: 100 }, "/registrations/abc");
  t.match(row(known), />2 minutes</);
});

t.test("shows when it was received, on the event's clock", async (t) => {
  t.match(pages.status("en", view, "/registrations/abc"), /4 September 2026 at 09:00<.*Central European Summer Time/);
});

t.test("keeps status and problem pages out of search engines, and the event page in", async (t) => {
  t.match(pages.status("en", view, "/registrations/abc"), '<meta name="robots" content="noindex">');
  t.notMatch(pages.event("en", "open").body.toString(), "noindex");
});

t.test("tells an error in the page's words where it has some, in the given ones where not", async (t) => {
  const problem = (status: number, code: string) =>
    pages.problem("en", { status, title: "Given title", detail: "Given detail.", code });
  t.match(problem(404, "TURNOUT_RECEIPT_UNKNOWN"), "No registration was found for this link");
  t.match(problem(403, "TURNOUT_NOT_OPEN_YET"), /It opens on Friday,? 4 September 2026 at 09:00 Central/);
  t.match(problem(403, "TURNOUT_CLOSED"), /20 September 2026/);
  t.match(problem(500, "TURNOUT_INTERNAL"), "Something went wrong on our side");
  t.match(problem(503, "TURNOUT_STOPPING"), "you will be registered only once");
  t.match(problem(418, "TURNOUT_REQUEST_INVALID"), "This request could not be understood");
});

t.test("weighs at most 30 KB with everything it loads, compressed", async (t) => {
  for (const phase of phases) {
    const page = pages.event("de", phase);
    const files = [...page.body.toString().matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map(([, name]) => name ?? "");
    t.ok(files.length > 5);
    for (const encoding of ["brotli", "gzip"] as const) {
      const bytes = files.reduce((sum, name) => sum + pages.asset(name)![encoding].length, page[encoding].length);
      t.comment(`${phase} ${encoding}: ${bytes} bytes in ${files.length + 1} files`);
      t.ok(bytes <= 30_000, `${phase} ${encoding}`);
    }
  }
});

/** @returns how many formatters were made while it ran */
function formattersMade(run: () => void): number {
  let made = 0;
  const { DateTimeFormat, NumberFormat } = Intl;
  const counted = <Formatter extends object>(formatter: Formatter): Formatter =>
    new Proxy(formatter, {
      construct(target, args) {
        made += 1;
        return Reflect.construct(target as unknown as new () => object, args) as object;
      },
    });
  Intl.DateTimeFormat = counted(DateTimeFormat);
  Intl.NumberFormat = counted(NumberFormat);
  try {
    run();
  } finally {
    Object.assign(Intl, { DateTimeFormat, NumberFormat });
  }
  return made;
}

t.test("a page that is made for one request makes no formatter: that would be nearly all of its cost", async (t) => {
  const made = formattersMade(() => {
    for (const language of ["en", "de"] as const) {
      for (let minute = 10; minute < 20; minute += 1) {
        const submittedAt = `2026-09-04T07:${minute}:00.000Z`;
        pages.status(
          language,
          { status: "pending", submittedAt, estimatedWaitSeconds: minute * 600 },
          "/registrations/x",
        );
        pages.status(language, { status: "confirmed", submittedAt }, "/registrations/x");
      }
      pages.problem(language, { status: 403, title: "t", detail: "d", code: "TURNOUT_NOT_OPEN_YET" });
      pages.eventAgain(language, { values: {}, validationErrors: [] });
    }
  });
  t.equal(made, 0);
  t.not(
    formattersMade(() => createPages(exampleEvent)),
    0,
    "control: they are counted where they are made",
  );
});
