/**
 * What the event file tells about the event beside its form: place, organiser, links and looks. Part of the schema in
 * `event-definition.ts`; what a schema cannot say of it is checked here.
 */
import { Type, type Static } from "typebox";
import type { ValidationError } from "../errors.ts";
import { accentError } from "../page/accent.ts";
import { emailPattern, maxEmailLength, normalizeEmail } from "./email-address.ts";
import { logoPattern, logoRule } from "./logo.ts";
import { plainLinePattern } from "./plain-text.ts";

const line = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: plainLinePattern });

/** Nothing that would have to be escaped: the URL stands in HTML, in mails and in the calendar file. */
const linkPattern = String.raw`^https://[^\s"'<>\\^\x60{|}\x00-\x1f\x7f-\x9f]+$`;
const Link = Type.String({ maxLength: 500, pattern: linkPattern });

const colourPattern = "^#[0-9A-Fa-f]{6}$";
const Colour = Type.String({ pattern: colourPattern });

/** To be put into "must be …". */
export const informationRules: ReadonlyMap<string, string> = new Map([
  [linkPattern, "an address that begins with https://, of at most 500 characters"],
  [colourPattern, "a colour as #rrggbb, such as #1f5c4a"],
  [logoPattern, logoRule],
]);

const strict = { additionalProperties: false };

const Organiser = Type.Object(
  {
    name: line(200),
    /** Where questions go. Shown to everybody. */
    email: Type.Optional(Type.String({ maxLength: maxEmailLength })),
    url: Type.Optional(Link),
  },
  strict,
);

const Links = Type.Object(
  {
    privacy: Type.Optional(Link),
    imprint: Type.Optional(Link),
    /** Code of conduct. */
    conduct: Type.Optional(Link),
  },
  strict,
);

/** Properties of the event file, all optional. */
export const informationProperties = {
  /** Where it is. Shown on pages, in mails and in the calendar file. */
  venue: Type.Optional(line(200)),
  /** Default: false. It takes place online, so there is no venue. */
  online: Type.Optional(Type.Boolean()),
  /** Of the venue, or where the event is online. Shown to everybody. */
  venueUrl: Type.Optional(Link),
  organiser: Type.Optional(Organiser),
  links: Type.Optional(Links),
  /** Of buttons and links. */
  accent: Type.Optional(Colour),
  /** The same on dark pages. Default: the accent, as much lighter as it takes to be read there. */
  accentDark: Type.Optional(Colour),
  /** Name of an SVG or PNG file beside the event file. */
  logo: Type.Optional(Type.String({ pattern: logoPattern })),
};

const EventInformation = Type.Object(informationProperties);
export type EventInformation = Static<typeof EventInformation>;

/** In the order in which pages and mails show them. */
const linkNames = ["privacy", "imprint", "conduct"] as const;
export type LinkName = (typeof linkNames)[number];

/** @returns the links that there are, in order */
export function linksOf({ links = {} }: EventInformation): { readonly name: LinkName; readonly url: string }[] {
  return linkNames.flatMap((name) => {
    const url = links[name];
    return url === undefined ? [] : [{ name, url }];
  });
}

/** A link without a host, or with a password in it, helps nobody. */
function isLink(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, username, password } = new URL(url);
  return /^[^.]+(\.[^.]+)+$|^\[/.test(hostname) && username === "" && password === "";
}

const emailFormat = new RegExp(emailPattern);
/** What an attendee may paste along is not to be shown to everybody. */
const isBare = /^[^\s<>"():;,]+$/;

function isEmail(given: string): boolean {
  return isBare.test(given) && emailFormat.test(normalizeEmail(given));
}

/** @returns the errors of what fits the schema, with pointers */
export function informationErrors(event: EventInformation): ValidationError[] {
  const { venue, online = false, venueUrl, organiser } = event;
  const validationErrors: ValidationError[] = [];
  if (online && venue !== undefined) {
    const detail =
      "cannot be given together with venue: for both, name the place in venue and say there that it is online too";
    validationErrors.push({ pointer: "/online", detail });
  }
  if (venueUrl !== undefined && !online && venue === undefined) {
    validationErrors.push({ pointer: "/venueUrl", detail: 'needs venue, or "online": true' });
  }
  const links: readonly (readonly [pointer: string, url: string | undefined])[] = [
    ["/venueUrl", venueUrl],
    ["/organiser/url", organiser?.url],
    ...linksOf(event).map(({ name, url }) => [`/links/${name}`, url] as const),
  ];
  for (const [pointer, url] of links) {
    if (url !== undefined && !isLink(url)) {
      const detail = "is no address of a site: give one such as https://example.org/privacy, without a user name";
      validationErrors.push({ pointer, detail });
    }
  }
  if (organiser?.email !== undefined && !isEmail(organiser.email)) {
    validationErrors.push({ pointer: "/organiser/email", detail: "must be an address such as events@example.org" });
  }
  const { accent, accentDark } = event;
  if (accent === undefined && accentDark !== undefined) {
    validationErrors.push({ pointer: "/accentDark", detail: "needs accent, the colour on light pages" });
  }
  const lightError = accent && accentError("light", accent);
  if (lightError) validationErrors.push({ pointer: "/accent", detail: lightError });
  const darkError = accentDark && accentError("dark", accentDark);
  if (darkError) validationErrors.push({ pointer: "/accentDark", detail: darkError });
  return validationErrors;
}
