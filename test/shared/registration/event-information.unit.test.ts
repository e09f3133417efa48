import { t } from "../../equipment/file-test.ts";
import type { TurnoutError } from "../../../shared/errors.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { linksOf } from "../../../shared/registration/event-information.ts";

const event = {
  name: "Summit",
  description: "",
  opensAt: "2026-03-01T09:00:00Z",
  closesAt: "2026-04-01T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [],
};

const site = "https://summit.example.org";

/** @returns each error as `pointer detail` */
function errorsOf(changes: object): string[] {
  try {
    parseEvent({ ...event, ...changes });
  } catch (error) {
    return (error as TurnoutError).validationErrors.map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
  return [];
}

t.test("place, organiser and links are taken as they are", async (t) => {
  for (const told of [
    { venue: "Harbour Hall", venueUrl: `${site}/venue` },
    { online: true },
    { online: true, venueUrl: `${site}:8443/room?x=1#top` },
    { online: false, venue: "Harbour Hall" },
    { organiser: { name: "Summit e.V." } },
    { organiser: { name: "Summit e.V.", email: "Hello@Bücher.example", url: `${site}/` } },
    { links: {} },
    { links: { privacy: `${site}/privacy`, imprint: `${site}/imprint`, conduct: `${site}/conduct` } },
  ]) {
    t.same(parseEvent({ ...event, ...told }), { ...event, ...told });
  }
});

t.test("each error is named at its place, with what is allowed", async (t) => {
  const wrong: [changes: object, error: RegExp][] = [
    [{ online: true, venue: "Harbour Hall" }, /^\/online cannot be given together with venue/],
    [{ online: "yes" }, /^\/online must be /],
    [{ venueUrl: site }, /^\/venueUrl needs venue, or "online": true$/],
    [{ online: false, venueUrl: site }, /^\/venueUrl needs venue/],
    [{ venue: "Hall", venueUrl: "http://summit.example.org" }, /^\/venueUrl must be an address that begins with https/],
    [{ venue: "Hall", venueUrl: "https://summit" }, /^\/venueUrl is no address of a site/],
    [{ venue: "Hall", venueUrl: "https://" }, /^\/venueUrl /],
    [{ venue: "Hall", venueUrl: `${site}/${"x".repeat(500)}` }, /^\/venueUrl /],
    [{ organiser: "Summit e.V." }, /^\/organiser /],
    [{ organiser: {} }, /^\/organiser\/name /],
    [{ organiser: { name: "" } }, /^\/organiser\/name /],
    [{ organiser: { name: "a\nb" } }, /^\/organiser\/name must be one line/],
    [{ organiser: { name: "S", email: "summit" } }, /^\/organiser\/email must be an address such as/],
    [{ organiser: { name: "S", email: "Summit <a@example.org>" } }, /^\/organiser\/email must be/],
    [{ organiser: { name: "S", email: "mailto:a@example.org" } }, /^\/organiser\/email must be/],
    [{ organiser: { name: "S", phone: "1" } }, /^\/organiser\/phone is not a property/],
    [{ organiser: { name: "S", url: "javascript:alert(1)" } }, /^\/organiser\/url must be an address that begins/],
    [{ organiser: { name: "S", url: 'https://a.example/"onclick' } }, /^\/organiser\/url /],
    [{ links: { privacy: "https://user:word@example.org" } }, /^\/links\/privacy is no address of a site/],
    [{ links: { conduct: "https://exa mple.org" } }, /^\/links\/conduct /],
    [{ links: { terms: site } }, /^\/links\/terms is not a property/],
  ];
  for (const [changes, error] of wrong) {
    const found = errorsOf(changes);
    t.equal(found.length, 1, JSON.stringify(changes));
    t.match(found[0], error, JSON.stringify(changes));
  }
});

t.test("links come in one order, however the file has them", async (t) => {
  t.same(linksOf({ links: { conduct: `${site}/c`, privacy: `${site}/p` } }), [
    { name: "privacy", url: `${site}/p` },
    { name: "conduct", url: `${site}/c` },
  ]);
  t.same(linksOf({}), []);
});
