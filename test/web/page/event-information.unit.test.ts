import { t } from "../../equipment/file-test.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { createPages } from "../../../web/page/pages.ts";
import { exampleEvent } from "./example-event.ts";

const site = "https://summit.example.org";
const held = {
  ...exampleEvent,
  startsAt: "2026-10-01T09:00:00+02:00",
  endsAt: "2026-10-02T17:00:00+02:00",
  venue: "Harbour <Hall>, Kiel",
  venueUrl: `${site}/venue?a=1&b=2`,
  organiser: { name: "Summit & Friends", email: "Hel%lo@Bücher.example", url: site },
  links: { privacy: `${site}/privacy`, imprint: `${site}/imprint`, conduct: `${site}/conduct` },
};
const pages = createPages(parseEvent(held));
const plain = createPages(exampleEvent);
const view = { status: "confirmed", submittedAt: "2026-09-04T07:00:03.000Z" } as const;
const url = "/registrations/abc";
const eventPage = (of = pages) => of.event("en", "open").body.toString();

t.test("the event page and the status say when and where it is, over several days as a period", async (t) => {
  for (const html of [eventPage(), pages.status("en", view, url)]) {
    t.match(
      html,
      /<dt>When<\/dt><dd><time datetime="2026-10-01T07:00:00\.000Z">Thursday,? 1 October 2026.*09:00.*2 October 2026.*17:00<\/time>/,
    );
    t.match(html, "Central European Summer Time");
    t.match(html, `<a href="${site}/venue?a=1&amp;b=2">Harbour &lt;Hall&gt;, Kiel</a>`);
    t.match(html, '<a href="/event.ics">Add to calendar</a>');
  }
  t.match(
    pages.event("de", "closed").body.toString(),
    /Wann.*Donnerstag, 1\. Oktober 2026.*In den Kalender eintragen/s,
  );
});

t.test("of one day the times are shown once, and without an end only the start", async (t) => {
  const day = createPages({ ...held, endsAt: "2026-10-01T17:00:00+02:00" });
  t.match(eventPage(day), /1 October 2026.{1,4}09:00.17:00<\/time>/);
  const { endsAt: _endsAt, ...started } = held;
  t.match(eventPage(createPages(started)), /1 October 2026 at 09:00<\/time>/);
});

t.test("an event that is online is one without a place, told in the reader's own time too", async (t) => {
  const { venue: _venue, venueUrl: _venueUrl, ...nowhere } = held;
  const bare = eventPage(createPages({ ...nowhere, online: true }));
  t.match(bare, /<dt>Where<\/dt><dd dir="auto">Online<\/dd>/);
  t.match(bare, /data-local-time="2026-10-01T07:00:00\.000Z"/);
  t.match(eventPage(createPages({ ...nowhere, online: true, venueUrl: site })), `<a href="${site}">Online</a>`);
  t.notMatch(eventPage(), 'data-local-time="2026-10-01', "control: who travels to it needs the time there");
});

t.test("what is not told leaves no gap", async (t) => {
  for (const html of [eventPage(plain), plain.status("en", view, url)]) {
    t.notMatch(html, /occasion|event\.ics|Organised by|class="links"|undefined/);
  }
  const { startsAt: _startsAt, endsAt: _endsAt, ...undated } = held;
  const html = eventPage(createPages(undated));
  t.match(html, "<dt>Where</dt>");
  t.notMatch(html, /<dt>When|event\.ics/);
});

t.test("every page names the organiser, and links to what has to be found", async (t) => {
  const problem = { status: 404, title: "None", detail: "None.", code: "TURNOUT_NOT_FOUND" };
  for (const html of [eventPage(), pages.status("en", view, url), pages.problem("en", problem)]) {
    t.match(html, `Organised by <a href="${site}">Summit &amp; Friends</a>`);
    t.match(html, '<a href="mailto:hel%25lo@xn--bcher-kva.example"><bdi>Hel%lo@Bücher.example</bdi></a>');
    t.match(html, `<a href="${site}/privacy">Privacy notice</a>`);
    t.match(html, `<a href="${site}/imprint">Imprint</a>`);
    t.match(html, `<a href="${site}/conduct">Code of conduct</a>`);
  }
  t.match(pages.event("de", "open").body.toString(), /Veranstaltet von.*Datenschutz.*Impressum.*Verhaltenskodex/s);
});

t.test("a status that has ended leads to no calendar", async (t) => {
  for (const status of ["withdrawn", "declined"] as const) {
    t.notMatch(pages.status("en", { ...view, status }, url), "event.ics", status);
  }
});

t.test("the accent follows the page's style under an address of its own; without one nothing changes", async (t) => {
  const styleOf = (of: typeof pages) => {
    const [, name = ""] = /rel="stylesheet" href="\/assets\/([^"]+)"/.exec(eventPage(of)) ?? [];
    return { name, css: of.asset(name)?.body.toString() ?? "" };
  };
  const coloured = styleOf(createPages({ ...held, accent: "#7a1f5c" }));
  t.match(coloured.css, /--accent:#7a1f5c.*prefers-color-scheme:dark.*--accent:#/);
  t.ok(coloured.css.startsWith(styleOf(pages).css));
  t.not(coloured.name, styleOf(pages).name);
  t.equal(styleOf(pages).name, styleOf(plain).name);
});

t.test("the logo stands on every page under an address of its content, named by the organiser", async (t) => {
  const logo = { type: "svg", bytes: Buffer.from("<svg/>") } as const;
  const shown = createPages(held, { logo });
  const [, name = "", alt] = /<img class="logo" src="\/assets\/([^"]+)" alt="([^"]+)">/.exec(eventPage(shown)) ?? [];
  t.equal(alt, "Summit &amp; Friends");
  t.match(shown.asset(name), { contentType: "image/svg+xml; charset=utf-8", immutable: true, body: logo.bytes });
  t.match(shown.status("en", view, url), `src="/assets/${name}"`);
  t.match(eventPage(createPages(exampleEvent, { logo })), /<img class="logo"[^>]* alt="Summit &lt;of&gt; the North/);
  const other = createPages(held, { logo: { type: "png", bytes: Buffer.from("png") } });
  t.match(eventPage(other), /src="\/assets\/[\w-]+\/logo\.png"/);
  t.notMatch(eventPage(), "<img");
});
