/**
 * Suggests a correction when the domain of an address is one typo away from a well-known one. Only a suggestion: the
 * domain may exist.
 */
import { announce } from "./announce.js";
import { find } from "./elements.js";

const wellKnown = [
  ["gmail", "com"],
  ["googlemail", "com"],
  ["outlook", "com"],
  ["outlook", "de"],
  ["hotmail", "com"],
  ["hotmail", "de"],
  ["live", "com"],
  ["yahoo", "com"],
  ["yahoo", "de"],
  ["icloud", "com"],
  ["aol", "com"],
  ["protonmail", "com"],
  ["proton", "me"],
  ["gmx", "de"],
  ["gmx", "net"],
  ["web", "de"],
  ["t-online", "de"],
  ["freenet", "de"],
  ["posteo", "de"],
  ["mailbox", "org"],
];
/** Similar to a well-known one, but providers themselves. */
const notMeant = new Set(["mail.com", "email.com", "ymail.com", "fmail.com"]);
/** By intended domain. Country domains of two letters are not corrected. */
const topLevelSlips = new Map([
  ["com", ["con", "cmo", "ocm", "co", "cm", "om", "vom", "xom", "comm", "cpm", "coom", "cim", "c0m"]],
  ["de", ["ed", "dee", "d", "dr", "d3"]],
  ["net", ["ner", "nte", "ent", "nett", "et", "nt"]],
  ["org", ["ogr", "rog", "orgg", "og", "or"]],
]);
/** Short names that differ by one letter usually both exist, so only swapped letters count. */
const shortestForLetters = 5;

/** Milliseconds without typing before an address is checked. */
const pauseMs = 600;

/** @param {string} text @param {string} meant @returns {boolean} whether two neighbours are swapped */
function isSwapped(text, meant) {
  const at = Array.from(text).findIndex((letter, index) => letter !== meant[index]);
  const swapped = text.slice(0, at) + (text[at + 1] ?? "") + (text[at] ?? "") + text.slice(at + 2);
  return at >= 0 && swapped === meant;
}

/** @param {string} text @param {string} meant @returns {boolean} whether one letter is wrong, missing or too many */
function isOneLetterOff(text, meant) {
  const [shorter, longer] = text.length < meant.length ? [text, meant] : [meant, text];
  if (longer.length - shorter.length > 1) return false;
  let at = 0;
  while (at < shorter.length && shorter[at] === longer[at]) at++;
  return longer.slice(at + 1) === shorter.slice(shorter.length === longer.length ? at + 1 : at);
}

/** @param {string} address as typed @returns {string | undefined} the one that was probably meant */
export function likelyMeant(address) {
  const [, local, domain = ""] = /^\s*([^@\s]+)@([^@\s]+?)\.?\s*$/.exec(address) ?? [];
  const [name = "", topLevel = "", ...more] = domain.toLowerCase().split(".");
  if (local === undefined || topLevel === "" || more.length > 0) return undefined;
  if (notMeant.has(`${name}.${topLevel}`)) return undefined;
  if (wellKnown.some(([knownName, knownTop]) => name === knownName && topLevel === knownTop)) return undefined;
  const meant = wellKnown.find(([knownName = "", knownTop = ""]) => {
    if (name === knownName) return topLevelSlips.get(knownTop)?.includes(topLevel);
    if (topLevel !== knownTop) return false;
    return isSwapped(name, knownName) || (knownName.length >= shortestForLetters && isOneLetterOff(name, knownName));
  });
  return meant && `${local}@${meant.join(".")}`;
}

/**
 * Shows the suggestion below a field as a button that takes it over.
 * @param {{ element: HTMLElement, control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement }} field
 */
export function suggestFor({ element, control }) {
  if (control.type !== "email") return;
  const suggestion = find(element, ".suggestion");
  const button = find(suggestion, "button");
  /** @type {string | undefined} */
  let meant;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  function suggest() {
    meant = likelyMeant(control.value);
    suggestion.hidden = meant === undefined;
    if (meant === undefined) return;
    button.textContent = (suggestion.dataset.words ?? "").replace("{address}", () => meant ?? "");
    announce(button.textContent);
  }
  // Not on blur: a change of layout would move the button away under a click.
  control.addEventListener("input", () => {
    suggestion.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(suggest, pauseMs);
  });
  button.addEventListener("click", () => {
    control.value = meant ?? control.value;
    // As if typed: a new submission, without a further suggestion.
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.focus();
  });
}
