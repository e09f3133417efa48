/**
 * Chooses the page's language: the one that a link of the page names, the registration's, or the most preferred one of
 * the browser.
 */
import type { FastifyRequest } from "fastify";
import { languageOf, languages, type Language } from "../../shared/page/language.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { hasChoiceOfLanguages, languagesOf } from "../../shared/registration/event-translation.ts";
import type { Receipts } from "../../shared/registration/receipts.ts";
import { preferredLanguage } from "../http/negotiation.ts";
import { wantsPage } from "../http/problem.ts";

/** Most people send one of a few dozen headers; beyond this many the cache is cleared. */
const maxHeadersKept = 500;
/** Longer ones are not kept, which bounds the cache's memory. */
const maxKeptLength = 200;

const chosenByHeader = new WeakMap<readonly Language[], Map<string, Language>>();

/**
 * Cached: negotiating costs tens of microseconds, and every registration is asked for its language.
 * @param acceptLanguage the request's header (RFC 9110, 12.5.4)
 * @param offered of which to choose; the first is the default. For the cache, the same array each time.
 * @returns the language with the highest weight, the first named among equals; regions are ignored
 */
export function chooseLanguage(acceptLanguage: string | undefined, offered: readonly Language[] = languages): Language {
  if (acceptLanguage === undefined) return languageOf(undefined, offered);
  let chosenHere = chosenByHeader.get(offered);
  if (!chosenHere) chosenByHeader.set(offered, (chosenHere = new Map()));
  const known = chosenHere.get(acceptLanguage);
  if (known) return known;
  const chosen = preferredLanguage(acceptLanguage, offered) ?? languageOf(undefined, offered);
  if (acceptLanguage.length <= maxKeptLength) {
    if (chosenHere.size >= maxHeadersKept) chosenHere.clear();
    chosenHere.set(acceptLanguage, chosen);
  }
  return chosen;
}

const inDefault: { readonly language?: Language } = {};

/** Name of the parameter by which the page's own links keep its language. */
const parameter = "lang";

/** @returns what follows the path in links that keep this language; nothing where there is no choice */
export function languageQuery(event: EventDefinition, language: Language): string {
  return hasChoiceOfLanguages(event) ? `?${parameter}=${language}` : "";
}

type Request = Pick<FastifyRequest, "headers" | "query" | "params">;

export interface LanguageChoice {
  /** Whether attendees can choose between languages in which the whole event is written. */
  readonly isChosen: boolean;
  of(request: Request): Language;
  /** The same as a registration carries it: absent for the event's default. */
  property(request: Request): { readonly language?: Language };
  /** What a receipt carries of it, so that its pages stay in it; nothing where there is no choice. */
  inReceipt(property: { readonly language?: Language }): { readonly language?: Language };
}

/**
 * Where the event has texts of its own in several languages, its pages are those of the link that leads to them, and
 * those of a receipt are in the registration's language, whatever the browser prefers. Otherwise the browser decides.
 */
export function createLanguageChoice(event: EventDefinition, receipts: Receipts): LanguageChoice {
  const offered = languagesOf(event);
  const [first] = offered;
  const isChosen = hasChoiceOfLanguages(event);

  /** The page's links name it. */
  function named({ query }: Request): Language | undefined {
    const asked = (query as Record<string, unknown> | undefined)?.[parameter];
    return asked === undefined ? undefined : offered.find((language) => language === asked);
  }

  /** For pages only: programs say what they want by the header. */
  function ofReceipt(request: Request): Language | undefined {
    const { receipt } = (request.params ?? {}) as { receipt?: unknown };
    if (typeof receipt !== "string" || !wantsPage(request)) return undefined;
    const content = receipts.open(receipt);
    return content && languageOf(content.language, offered);
  }

  function of(request: Request): Language {
    const linked = isChosen ? (named(request) ?? ofReceipt(request)) : undefined;
    return linked ?? chooseLanguage(request.headers["accept-language"], offered);
  }

  return {
    isChosen,
    of,
    property(request) {
      const language = of(request);
      return language === first ? inDefault : { language };
    },
    inReceipt: (property) => (isChosen ? property : inDefault),
  };
}
