/**
 * The page's own words, one file per language with the same keys. What an organiser wrote is shown as it was written.
 */
import de from "./messages/de.json" with { type: "json" };
import en from "./messages/en.json" with { type: "json" };
import type { Language } from "./language.ts";

export type MessageKey = keyof typeof en;
export type MessageParameters = Readonly<Record<string, string | number>>;

/** @returns plain text, to be escaped by whoever puts it into HTML */
export type Messages = (key: MessageKey, parameters?: MessageParameters) => string;

const catalogues: Record<Language, Record<MessageKey, string>> = { en, de };

const slot = /\{(\w+)\}/g;

/** @returns the messages of a language; `{name}` in one is replaced by the parameter of that name */
export function messagesIn(language: Language): Messages {
  const catalogue = catalogues[language];
  return (key, parameters) => {
    const message = catalogue[key];
    return parameters ? message.replace(slot, (whole, name: string) => String(parameters[name] ?? whole)) : message;
  };
}

/** @returns whether there is such a message, for keys that are made of a code */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}
