/**
 * Well-known site files: icons, `robots.txt`, with a contact `security.txt`, and the event for calendars where it is known
 * when it starts.
 */
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import type { Language } from "../../shared/page/language.ts";
import { calendarFileName, calendarFileType } from "../../shared/registration/calendar-file.ts";
import type { LanguageChoice } from "../page/language.ts";
import type { Pages } from "../page/pages.ts";

export interface SiteFilesOptions {
  readonly pages: Pages;
  /** The site's public origin, such as `https://summit.example.org`; undefined when unknown. */
  readonly publicUrl: string | undefined;
  /** A `mailto:` or `https:` URI; undefined for no `security.txt`. */
  readonly securityContact: string | undefined;
  /** The event as a calendar file; none when it is not known when it starts. */
  readonly calendars: ReadonlyMap<Language, string>;
  readonly language: LanguageChoice;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** May change with a deployment, while the address stays. */
const forADay = "public, max-age=86400";
const forAnHour = "public, max-age=3600";

/** A receipt is the key to a status: it must not be indexed, even if somebody publishes it. */
const robots = "User-agent: *\nDisallow: /registrations/\n";

const icons: Readonly<Record<string, string>> = {
  "/favicon.ico": "favicon.ico",
  "/apple-touch-icon.png": "touch-icon.png",
  "/apple-touch-icon-precomposed.png": "touch-icon.png",
};

const dayMs = 86_400_000;
/** RFC 9116, 2.5.5: less than a year ahead. The contact is configuration, so it is as current as the deployment. */
const validDays = 180;

/** @returns the file by RFC 9116, constant for a day so that it can be cached */
function securityText(contact: string, publicUrl: string | undefined, now: number): string {
  const expires = new Date((Math.floor(now / dayMs) + validDays) * dayMs).toISOString();
  return [
    `Contact: ${contact}`,
    `Expires: ${expires}`,
    "Preferred-Languages: en, de",
    ...(publicUrl === undefined ? [] : [`Canonical: ${publicUrl}/.well-known/security.txt`]),
    "",
  ].join("\n");
}

export async function siteFiles(app: FastifyInstance, options: SiteFilesOptions): Promise<void> {
  const { pages, publicUrl, securityContact, calendars, language, now } = options;
  const hidden = { schema: { hide: true } };

  for (const [path, file] of Object.entries(icons)) {
    const { bytes, contentType } = pages.picture(file);
    app.get(path, hidden, (_request, reply) =>
      reply.headers({ "cache-control": forADay, "x-content-type-options": "nosniff" }).type(contentType).send(bytes),
    );
  }

  app.get("/robots.txt", hidden, (_request, reply) =>
    reply.header("cache-control", forADay).type("text/plain; charset=utf-8").send(robots),
  );

  app.get("/.well-known/security.txt", hidden, (_request, reply) => {
    if (securityContact === undefined) {
      throw new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.");
    }
    return reply
      .header("cache-control", forAnHour)
      .type("text/plain; charset=utf-8")
      .send(securityText(securityContact, publicUrl, now()));
  });

  app.get("/event.ics", hidden, (request, reply) => {
    const calendar = calendars.get(language.of(request));
    if (calendar === undefined) throw new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.");
    return reply
      .headers({
        "cache-control": forAnHour,
        "content-disposition": `attachment; filename="${calendarFileName}"`,
        "x-content-type-options": "nosniff",
        ...(language.isChosen && { vary: "Accept-Language" }),
      })
      .type(calendarFileType)
      .send(calendar);
  });
}
