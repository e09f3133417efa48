/** The page's texts: one file per language, with the same keys. The organiser's texts are in the event file. */
import { join } from "node:path";
import type { Language } from "../../shared/page/language.ts";
import { messagesFrom, readCatalogues, type Messages as MessagesOf } from "../../shared/page/messages.ts";
import type en from "./messages/en.json";

export type MessageKey = keyof typeof en;

export type Messages = MessagesOf<MessageKey>;

const catalogues = readCatalogues<MessageKey>(join(import.meta.dirname, "messages"));

/** @returns the messages of a language */
export function messagesIn(language: Language): Messages {
  return messagesFrom(catalogues[language]);
}

/** @returns whether a message exists, for keys built from a code */
export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(catalogues.en, key);
}
