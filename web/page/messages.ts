/** The page's texts: one file per language, with the same keys. The organiser's texts are shown as written. */
import de from "./messages/de.json" with { type: "json" };
import en from "./messages/en.json" with { type: "json" };
import type { Language } from "./language.ts";

export type MessageKey = keyof typeof en;
export type MessageParameters = Readonly<Record<string, string | number>>;

/** @returns plain text, not yet escaped for HTML */
export type Messages = (key: MessageKey, parameters?: MessageParameters) => string;

const catalogues: Record<Language, Record<MessageKey, string>> = { en, de };

const slot = /\{(\w+)\}/g;

/** @returns the messages of a language; `{name}` is replaced by the parameter of that name */
export function messagesIn(language: Language): Messages {
  const catalogue = catalogues[language];
  return (key, parameters) => {
    const message = catalogue[key];
    return parameters ? message.replace(slot, (whole, name: string) => String(parameters[name] ?? whole)) : message;
  };
}

/** @returns whether a message exists, for keys built from a code */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}
