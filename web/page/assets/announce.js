/** Announces a text to screen readers. */

/** @param {string} text */
export function announce(text) {
  const place = document.getElementById("announcement");
  if (place) place.textContent = text;
}
