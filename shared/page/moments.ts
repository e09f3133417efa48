/** Dates and durations as text. Times are always in the event's time zone, which is named. */
import { languageTraits, type Language } from "./language.ts";

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
/** From here on, rounded to hours. */
const hoursFromSeconds = 2 * hourSeconds;

export interface Period {
  /** Such as "Friday 4 September 2026, 09:00–17:00"; of a start alone as a moment's. */
  readonly words: string;
  /** That at its start. */
  readonly zone: string;
}

export interface MomentWriter {
  /** @param instant ISO 8601 */
  moment(instant: string): Moment;
  /**
   * Rounded up to whole minutes or hours: a shorter wait annoys nobody.
   * @returns such as "3 minutes"
   */
  wait(seconds: number): string;
  /** @param startsAt ISO 8601 @param endsAt the same, later */
  period(startsAt: string, endsAt: string | undefined): Period;
}

/** Minutes cached, about a day; then the cache is cleared. */
const minutesKept = 1_500;

/**
 * Created once per language: a formatter costs 140 µs to create and 4 to 7 µs to use. In a rush, status pages show the
 * same few minutes, so formatted minutes are cached.
 * @param timeZone IANA name
 */
export function createMomentWriter(language: Language, timeZone: string): MomentWriter {
  const { locale } = languageTraits[language];
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
    period(startsAt, endsAt) {
      const start = new Date(startsAt);
      const { zone: zoneName, words: startWords } = describe(start);
      return { words: endsAt === undefined ? startWords : words.formatRange(start, new Date(endsAt)), zone: zoneName };
    },
    wait(seconds) {
      const isLong = seconds >= hoursFromSeconds;
      const count = Math.max(1, Math.ceil(seconds / (isLong ? hourSeconds : minuteSeconds)));
      return (isLong ? hours : minutes).format(count);
    },
  };
}
