/** Keeps the parts of a page current by a stream of events, and says so when it no longer can. */

/** The console sends something at least as often as this, in milliseconds; twice as long a silence is told. */
const longestSilence = 15_000;

/**
 * Shows a part anew, if it differs. Whoever had the focus inside it keeps it.
 * @param {string} name @param {string} html rendered, and escaped, by the server
 */
function show(name, html) {
  const part = document.querySelector(`[data-live="${name}"]`);
  if (!(part instanceof HTMLElement) || part.dataset.shown === html) return;
  const focused = document.activeElement;
  const target = focused && part.contains(focused) ? focused.getAttribute("href") : null;
  part.innerHTML = html;
  part.dataset.shown = html;
  if (target === null) return;
  const again = [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === target);
  again?.focus();
}

/** What is worth a word to somebody who cannot see the page: that the state is another one, not each figure. */
function announce() {
  const place = document.querySelector("#announcement");
  const title = document.querySelector("[data-live] h2")?.textContent ?? "";
  if (place && place.textContent !== title) place.textContent = title;
}

/**
 * @param {string} url of the stream
 * @param {(event: any) => boolean} taken told of each event; false ends the stream
 */
export function follow(url, taken) {
  const lost = document.querySelector("#lost");
  let heardAt = Date.now();
  let source = new EventSource(url);

  function listen() {
    source.addEventListener("message", ({ data }) => {
      heardAt = Date.now();
      if (lost instanceof HTMLElement) lost.hidden = true;
      const event = JSON.parse(data);
      for (const [name, html] of Object.entries(event.parts ?? {})) show(name, html);
      announce();
      if (!taken(event)) stop();
    });
  }

  function stop() {
    source.close();
    clearInterval(guard);
  }

  const guard = setInterval(() => {
    if (Date.now() - heardAt < 2 * longestSilence && source.readyState === EventSource.OPEN) return;
    if (lost instanceof HTMLElement) lost.hidden = Date.now() - heardAt < 4_000;
    // A browser gives up by itself when it was answered with an error.
    if (source.readyState === EventSource.CLOSED) {
      source = new EventSource(url);
      listen();
    }
  }, 2_000);
  listen();
}
