/** Says something to those who do not see the page change. */

/** @param {string} text */
export function announce(text) {
  const place = document.getElementById("announcement");
  if (place) place.textContent = text;
}
