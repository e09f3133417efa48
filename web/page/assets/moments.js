/** Moments and waits in the page's language, as the server writes them. */

const { lang: locale } = document.documentElement;

/** @type {Intl.DateTimeFormatOptions} */
const format = {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
};

/** @param {string} instant ISO 8601 @param {string} [timeZone] default: the device's own */
function wallClock(instant, timeZone) {
  return new Intl.DateTimeFormat(locale, { ...format, ...(timeZone && { timeZone }) }).format(new Date(instant));
}

/** @param {HTMLTimeElement} element @param {string} instant ISO 8601 */
export function showMoment(element, instant) {
  const { timeZone } = element.dataset;
  element.dateTime = instant;
  element.textContent = new Intl.DateTimeFormat(locale, { ...format, timeZone, timeZoneName: "long" }).format(
    new Date(instant),
  );
}

/** @param {number} seconds @returns {string} rounded up to minutes or hours */
export function formatWait(seconds) {
  const [unit, length] = seconds < 7_200 ? ["minute", 60] : ["hour", 3_600];
  return new Intl.NumberFormat(locale, { style: "unit", unit: String(unit), unitDisplay: "long" }).format(
    Math.max(1, Math.ceil(seconds / Number(length))),
  );
}

/** @param {number} seconds @returns {string} such as "in 8 seconds" */
export function formatAhead(seconds) {
  return new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(seconds, "second");
}

/** Adds the reader's own wall clock to the event's times, where the two differ. */
export function showLocalTimes() {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-local-time]"))) {
    const { localTime: instant = "", timeZone } = place.dataset;
    const local = wallClock(instant);
    if (local === wallClock(instant, timeZone)) continue;
    place.textContent = local;
    if (place.parentElement) place.parentElement.hidden = false;
  }
}
