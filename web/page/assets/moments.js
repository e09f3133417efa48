/**
 * Dates and waits in the page's language, formatted as by the server. A browser may lack the event's time zone or
 * units; then a plainer form is shown.
 */
import { find, findAll } from "./elements.js";

const { lang: locale } = document.documentElement;

/** @type {Intl.DateTimeFormatOptions} */
const day = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
/** @type {Intl.DateTimeFormatOptions} */
const time = { hour: "2-digit", minute: "2-digit" };

/**
 * @template T
 * @param {() => T} format @param {() => T} plainer what is shown where the browser lacks what the first one needs
 * @returns {T}
 */
function orPlainer(format, plainer) {
  try {
    return format();
  } catch {
    return plainer();
  }
}

/**
 * @param {string} instant ISO 8601 @param {string} [timeZone] the reader's own where none is given
 * @returns {{ words: string, zone: string }}
 */
function describe(instant, timeZone) {
  const date = new Date(instant);
  const zone = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "long" })
    .formatToParts(date)
    .find((part) => part.type === "timeZoneName");
  return {
    words: new Intl.DateTimeFormat(locale, { ...day, ...time, timeZone }).format(date),
    zone: zone?.value ?? "",
  };
}

/** @param {HTMLElement} row with a `time` and a place for its zone's name @param {string} instant ISO 8601 */
export function showMoment(row, instant) {
  const element = find(row, "time");
  const { words, zone } = orPlainer(
    () => describe(instant, element.dataset.timeZone),
    // Then the reader's own zone is named, so the time is still right.
    () => describe(instant),
  );
  element.setAttribute("datetime", instant);
  element.textContent = words;
  find(row, ".zone").textContent = zone;
}

/** @param {number} seconds @returns {string} rounded up to minutes or hours */
export function formatWait(seconds) {
  const isLong = seconds >= 7_200;
  const count = Math.max(1, Math.ceil(seconds / (isLong ? 3_600 : 60)));
  return orPlainer(
    () =>
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit: isLong ? "hour" : "minute",
        unitDisplay: "long",
      }).format(count),
    () => `${count} ${isLong ? "h" : "min"}`,
  );
}

/** @param {string} unit @param {number} count @returns {string} the unit's name for that many of it */
export function unitName(unit, count) {
  return orPlainer(
    () => {
      const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" });
      return format.formatToParts(count).find((part) => part.type === "unit")?.value ?? unit;
    },
    () => unit.slice(0, unit === "minute" ? 3 : 1),
  );
}

/** @param {number} seconds @returns {string} such as "in 8 seconds" */
export function formatAhead(seconds) {
  return orPlainer(
    () => new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(seconds, "second"),
    () => `${seconds} s`,
  );
}

/** Adds the reader's local time when it differs from the event's. */
export function showLocalTimes() {
  for (const place of findAll(document, "[data-local-time]")) orPlainer(() => showLocalTime(place), doNothing);
}

/** If it cannot be compared, the event's time stands alone. */
function doNothing() {}

/** @param {HTMLElement} place @returns {void} */
function showLocalTime(place) {
  const { localTime: instant = "", timeZone } = place.dataset;
  /** @param {Intl.DateTimeFormatOptions} options */
  const isShared = (options) => write(options) === write({ ...options, timeZone });
  /** @param {Intl.DateTimeFormatOptions} options */
  const write = (options) => new Intl.DateTimeFormat(locale, options).format(new Date(instant));
  if (isShared({ ...day, ...time })) return;
  place.textContent = write(isShared(day) ? time : { ...day, ...time });
  if (place.parentElement) place.parentElement.hidden = false;
}
