/** Texts from catalogues, a JSON file for each language. The catalogues are with those who show them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { languages, type Language } from "./language.ts";

export type MessageParameters = Readonly<Record<string, string | number>>;

/** @returns plain text, not yet escaped for HTML */
export type Messages<Key extends string> = (key: Key, parameters?: MessageParameters) => string;

export type Catalogues<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;

/**
 * @param directory of the catalogues, `<language>.json` each, all with the same keys
 * @throws when one is missing or no JSON
 */
export function readCatalogues<Key extends string>(directory: string): Catalogues<Key> {
  const read = (language: Language) => JSON.parse(readFileSync(join(directory, `${language}.json`), "utf8")) as unknown;
  return Object.fromEntries(languages.map((language) => [language, read(language)])) as Catalogues<Key>;
}

const slot = /\{(\w+)\}/g;

/**
 * @param catalogue of one language
 * @returns its messages; `{name}` is replaced by the parameter of that name
 */
export function messagesFrom<Key extends string>(catalogue: Readonly<Record<Key, string>>): Messages<Key> {
  return (key, parameters) => {
    const message = catalogue[key];
    return parameters ? message.replace(slot, (whole, name: string) => String(parameters[name] ?? whole)) : message;
  };
}
