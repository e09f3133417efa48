/** Moments and waits in the page's language, as the server writes them. */
import { find, findAll } from "./elements.js";

const { lang: locale } = document.documentElement;

/** @type {Intl.DateTimeFormatOptions} */
const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
/** @type {Intl.DateTimeFormatOptions} */
const time = { hour: "2-digit", minute: "2-digit" };

/** @param {HTMLElement} row with a `time` and a place for its zone's name @param {string} instant ISO 8601 */
export function showMoment(row, instant) {
  const element = find(row, "time");
  const { timeZone } = element.dataset;
  const date = new Date(instant);
  const zoneName = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "long" }).formatToParts(date);
  element.setAttribute("datetime", instant);
  element.textContent = new Intl.DateTimeFormat(locale, { ...day, ...time, timeZone }).format(date);
  find(row, ".zone").textContent = zoneName.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** @param {number} seconds @returns {string} rounded up to minutes or hours */
export function formatWait(seconds) {
  const isLong = seconds >= 7_200;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: isLong ? "hour" : "minute",
    unitDisplay: "long",
  }).format(Math.max(1, Math.ceil(seconds / (isLong ? 3_600 : 60))));
}

/** @param {string} unit @param {number} count @returns {string} the unit's name for that many of it */
export function unitName(unit, count) {
  const parts = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).formatToParts(count);
  return parts.find((part) => part.type === "unit")?.value ?? unit;
}

/** @param {number} seconds @returns {string} such as "in 8 seconds" */
export function formatAhead(seconds) {
  return new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(seconds, "second");
}

/** Adds the reader's own wall clock to the event's times, where the two differ. */
export function showLocalTimes() {
  for (const place of findAll(document, "[data-local-time]")) {
    const { localTime: instant = "", timeZone } = place.dataset;
    /** @param {Intl.DateTimeFormatOptions} options */
    const isShared = (options) => write(options) === write({ ...options, timeZone });
    /** @param {Intl.DateTimeFormatOptions} options */
    const write = (options) => new Intl.DateTimeFormat(locale, options).format(new Date(instant));
    if (isShared({ ...day, ...time })) continue;
    place.textContent = write(isShared(day) ? time : { ...day, ...time });
    if (place.parentElement) place.parentElement.hidden = false;
  }
}
