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

const minuteSeconds = 60;
const hourSeconds = 3_600;
/** From here on hours say as much as minutes would. */
const hoursFromSeconds = 2 * hourSeconds;

export interface MomentWriter {
  /** @param instant ISO 8601 */
  moment(instant: string): Moment;
  /**
   * Rounded up to whole minutes or hours: a wait that turns out shorter annoys nobody.
   * @returns such as "3 minutes"
   */
  wait(seconds: number): string;
}

/** Minutes whose words are kept, about a day of them; then all are forgotten. */
const minutesKept = 1_500;

/**
 * Made once for each language: a formatter costs 140 µs to make and 4 to 7 µs to use. Every status page shows when the
 * registration arrived, and in a rush that is the same few minutes for everybody, so the words of a minute are kept too.
 * @param timeZone IANA name
 */
export function createMomentWriter(language: Language, timeZone: string): MomentWriter {
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
  const zone = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "long" });
  const lengthIn = (unit: "hour" | "minute") =>
    new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" });
  const [hours, minutes] = [lengthIn("hour"), lengthIn("minute")];

  const wordsByMinute = new Map<number, Pick<Moment, "words" | "zone">>();

  function describe(date: Date): Pick<Moment, "words" | "zone"> {
    const zonePart = zone.formatToParts(date).find((part) => part.type === "timeZoneName");
    return { words: words.format(date), zone: zonePart?.value ?? timeZone };
  }

  return {
    moment(instant) {
      const date = new Date(instant);
      const minute = Math.floor(date.getTime() / 60_000);
      let described = wordsByMinute.get(minute);
      if (!described) {
        described = describe(date);
        if (wordsByMinute.size >= minutesKept) wordsByMinute.clear();
        wordsByMinute.set(minute, described);
      }
      return { instant: date.toISOString(), ...described };
    },
    wait(seconds) {
      const isLong = seconds >= hoursFromSeconds;
      const count = Math.max(1, Math.ceil(seconds / (isLong ? hourSeconds : minuteSeconds)));
      return (isLong ? hours : minutes).format(count);
    },
  };
}
