/**
 * Counts down to the opening by the server's clock, then opens the form that has been in the page all along: at that moment
 * a waiting page asks the server for nothing.
 */
import { sleep, waitMs } from "./backoff.js";
import { readServerClock } from "./clock.js";
import { find, findAll } from "./elements.js";
import { unitName } from "./moments.js";

/** Milliseconds over which the pages open, at random, so that not even the fastest typists arrive as one. */
const openingSpread = 1_000;
/** The clock is read again after a while out of sight, since a sleeping device may stop counting. */
const clockMaxAge = 60_000;
/** And once more shortly before the opening: at a random moment of this span, and not in the very last seconds. */
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
        // Until it works, the device's own clock is better than none.
        await sleep(waitMs(undefined, attempt));
      }
    }
    reading = false;
  }

  function show() {
    const left = opensAt - now();
    const wasRead = readAt > -Infinity;
    // A device whose clock is wrong must not open early; one that has no connection cannot register anyway.
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
