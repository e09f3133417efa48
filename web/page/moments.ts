/**
 * Points in time and lengths of time, as people read them. A moment is always shown in the event's own time zone, and the
 * zone is named, so that nobody has to guess whose nine o'clock is meant.
 */
import type { Language } from "./language.ts";

/** Also the page's `lang`, so that the script formats as the server does. */
export const locales: Record<Language, string> = { en: "en-GB", de: "de-DE" };

export interface Moment {
  /** ISO 8601, UTC. */
  readonly instant: string;
  /** Such as "Friday 4 September 2026 at 09:00". */
  readonly words: string;
  /** Such as "Central European Summer Time". */
  readonly zone: string;
}

/**
 * @param instant ISO 8601
 * @param timeZone IANA name
 */
export function describeMoment(instant: string, language: Language, timeZone: string): Moment {
  const date = new Date(instant);
  const locale = locales[language];
  const words = new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  });
  const zone = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "long" })
    .formatToParts(date)
    .find((part) => part.type === "timeZoneName");
  return { instant: date.toISOString(), words: words.format(date), zone: zone?.value ?? timeZone };
}

const minuteSeconds = 60;
const hourSeconds = 3_600;
/** From here on hours say as much as minutes would. */
const hoursFromSeconds = 2 * hourSeconds;

/**
 * Rounded up to whole minutes or hours: a wait that turns out shorter annoys nobody.
 * @returns such as "3 minutes"
 */
export function formatWait(seconds: number, language: Language): string {
  const isLong = seconds >= hoursFromSeconds;
  const count = Math.max(1, Math.ceil(seconds / (isLong ? hourSeconds : minuteSeconds)));
  const unit = isLong ? "hour" : "minute";
  return new Intl.NumberFormat(locales[language], { style: "unit", unit, unitDisplay: "long" }).format(count);
}
