/**
 * Keeps the state in the title and the icon of the tab, on every page: it asks every few seconds, and takes what a stream
 * of the page tells at once. A stream of its own would use up the few connections that a browser opens to one host.
 */
const everyMs = 10_000;
/** Asked in vain as often: the console no longer answers. */
const maxMisses = 2;
let misses = 0;

/** @typedef {{ words: string, icon: string }} Tab the icon's URL */

/** @param {Tab} tab */
export function showTab({ words, icon }) {
  const shown = document.documentElement.dataset.state ?? "";
  if (shown !== words) {
    document.title = document.title.replace(shown, () => words);
    document.documentElement.dataset.state = words;
  }
  const link = document.querySelector('link[rel="icon"]');
  if (icon !== "" && link?.getAttribute("href") !== icon) link?.setAttribute("href", icon);
}

async function ask() {
  try {
    const response = await fetch("/tab.json", { signal: AbortSignal.timeout(everyMs / 2) });
    if (!response.ok) throw new Error(String(response.status));
    showTab(await response.json());
    misses = 0;
  } catch {
    misses += 1;
    const lost = document.documentElement.dataset.lostIcon ?? "";
    if (misses >= maxMisses) showTab({ words: "✖ No connection", icon: lost });
  }
}

setInterval(() => void ask(), everyMs);
