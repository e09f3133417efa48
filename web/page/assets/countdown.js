/**
 * Counts down to the opening by the server's clock, then shows the form, which is already in the page: the server gets
 * no requests at that moment.
 */
import { sleep, waitMs } from "./backoff.js";
import { readServerClock } from "./clock.js";
import { find, findAll } from "./elements.js";
import { unitName } from "./moments.js";

/** Milliseconds over which pages open, at random, to spread the submissions. */
const openingSpread = 1_000;
/** The clock is read again after the page was hidden for a while, since a sleeping device may stop counting. */
const clockMaxAge = 60_000;
/** And again before the opening, at a random moment of this span, avoiding the last seconds. */
const lastReading = { earliest: 90_000, latest: 15_000 };

const units = /** @type {const} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
]);

/**
 * @param {HTMLElement} panel with `data-opens-at`
 * @param {() => void} open called once, when the time has come
 */
export function startCountdown(panel, open) {
  const opensAt = Date.parse(panel.dataset.opensAt ?? "");
  const clock = find(panel, ".clock");
  const delay = Math.random() * openingSpread;
  const rereadAt = opensAt - lastReading.latest - Math.random() * (lastReading.earliest - lastReading.latest);
  let now = () => Date.now();
  let readAt = -Infinity;
  let reread = false;
  let reading = false;

  async function readClock() {
    if (reading) return;
    reading = true;
    for (let attempt = 0; ; attempt++) {
      try {
        now = await readServerClock();
        readAt = performance.now();
        break;
      } catch {
        // Until then, the device's clock is used.
        await sleep(waitMs(undefined, attempt));
      }
    }
    reading = false;
  }

  function show() {
    const left = opensAt - now();
    const wasRead = readAt > -Infinity;
    // A device with a wrong clock must not open early; one without a connection cannot register anyway.
    if (wasRead && left <= -delay) {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", readClockAgain);
      open();
      return;
    }
    if (!reread && now() >= rereadAt) {
      reread = true;
      if (performance.now() - readAt > lastReading.latest) void readClock();
    }
    let seconds = Math.max(0, Math.ceil(left / 1_000));
    for (const [unit, length] of units) {
      const count = Math.floor(seconds / length);
      const [number, name] = findAll(clock, `[data-unit=${unit}] > *`);
      const digits = String(count).padStart(unit === "day" ? 1 : 2, "0");
      if (number && name && number.textContent !== digits) {
        number.textContent = digits;
        name.textContent = unitName(unit, count);
      }
      seconds %= length;
    }
    clock.hidden = false;
  }

  function readClockAgain() {
    if (document.visibilityState !== "visible") return;
    if (performance.now() - readAt > clockMaxAge) void readClock().then(show);
    else show();
  }

  for (const part of findAll(panel, ".scripted")) part.hidden = false;
  const timer = setInterval(show, 250);
  document.addEventListener("visibilitychange", readClockAgain);
  void readClock().then(show);
}
