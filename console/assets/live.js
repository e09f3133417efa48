/** Updates parts of a page from a stream of events, and shows when the connection is lost. */

/** Milliseconds in which the console always sends something; twice as long counts as lost. */
const maxSilence = 15_000;

/** @param {Element | null} element @returns what a link or button is recognised by, after its part was replaced */
function nameOf(element) {
  if (element?.matches("button")) return element.textContent;
  return element?.matches("a") ? element.getAttribute("href") : null;
}

/**
 * Replaces a part if it has changed, and keeps the focus inside it.
 * @param {string} name @param {string} html rendered, and escaped, by the server
 */
function show(name, html) {
  const part = document.querySelector(`[data-live="${name}"]`);
  if (!(part instanceof HTMLElement) || part.dataset.shown === html) return;
  const focused = document.activeElement;
  const target = part.contains(focused) ? nameOf(focused) : null;
  part.innerHTML = html;
  part.dataset.shown = html;
  if (target === null) return;
  const again = [...part.querySelectorAll("a, button")].find((element) => nameOf(element) === target);
  if (again instanceof HTMLElement) again.focus();
}

/** Tells users of screen readers about a new state, but not about each figure. */
function announce() {
  const place = document.querySelector("#announcement");
  const title = document.querySelector("[data-live] h2")?.textContent ?? "";
  if (place && place.textContent !== title) place.textContent = title;
}

/**
 * @param {string} url of the stream
 * @param {(event: any) => boolean} onEvent returns false to end the stream
 */
export function follow(url, onEvent) {
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
      if (!onEvent(event)) stop();
    });
  }

  function stop() {
    source.close();
    clearInterval(guard);
  }

  const guard = setInterval(() => {
    if (Date.now() - heardAt < 2 * maxSilence && source.readyState === EventSource.OPEN) return;
    if (lost instanceof HTMLElement) lost.hidden = Date.now() - heardAt < 4_000;
    // A browser does not reconnect after an error response.
    if (source.readyState === EventSource.CLOSED) {
      source = new EventSource(url);
      listen();
    }
  }, 2_000);
  listen();
}
