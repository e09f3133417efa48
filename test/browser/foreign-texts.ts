/** Finds what a page says in another language than its own: a page that is half translated helps nobody. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { languages, type Language } from "../../shared/page/language.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { eventIn } from "../../shared/registration/event-translation.ts";

const messagesFolder = join(import.meta.dirname, "..", "..", "web", "page", "messages");

function messagesOf(language: Language): string[] {
  const messages = JSON.parse(readFileSync(join(messagesFolder, `${language}.json`), "utf8")) as object;
  return Object.values(messages) as string[];
}

/** @returns every text below, except what the machine reads */
function textsBelow(value: unknown): string[] {
  if (typeof value === "string") return value.split("\n");
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const isOfMachine = ["id", "type", "when", "language", "translations", "links", "timeZone", "accent"].includes(key);
    return isOfMachine ? [] : textsBelow(below);
  });
}

/** Texts and attributes that people see or hear; what is in another language on purpose says so by `lang`. */
const collect = `(() => {
  const found = [];
  const isOther = (element) => element.closest("[lang]") !== document.documentElement;
  for (const element of document.body.querySelectorAll("*")) {
    if (/^(SCRIPT|STYLE|TEMPLATE|NOSCRIPT)$/.test(element.tagName) || isOther(element) || !element.checkVisibility()) continue;
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    for (const name of ["alt", "title", "aria-label", "placeholder"]) found.push(element.getAttribute(name) ?? "");
  }
  return [document.title, ...found].map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
})()`;

/** Three words in a row of an alphabet that Arabic does not use; a name has no such row, and addresses do not count. */
const address = /\S+@\S+|https?:\S+/g;
const latinSentence = /(?:\p{Script=Latin}{2,}[\s,.:;’'!?–-]+){2}\p{Script=Latin}{2,}/u;

/**
 * @param typed what the attendee typed, in whatever language
 * @returns the texts that are in another language than the page; empty where it is whole
 */
export async function foreignTexts(
  page: Page,
  event: EventDefinition,
  language: Language,
  typed: readonly string[] = [],
): Promise<string[]> {
  const own = new Set([...messagesOf(language), ...textsBelow(eventIn(event, language)), ...typed]);
  const others = languages.flatMap((other) => {
    if (other === language) return [];
    const hasTexts = event.language === other || event.translations?.[other] !== undefined;
    return [...messagesOf(other), ...(hasTexts ? textsBelow(eventIn(event, other)) : [])];
  });
  const foreign = new Set(others.filter((text) => text !== "" && !own.has(text)));
  const shown = await page.evaluate<string[]>(collect);
  return shown.filter((text) => {
    if (own.has(text)) return false;
    return foreign.has(text) || (language === "ar" && latinSentence.test(text.replaceAll(address, "")));
  });
}
