/** Reads a notice as people write it: a text for every language of the pages, or `de=…` for one of them. */
import { Compile } from "typebox/compile";
import {
  eventLanguage,
  maxNoticeLength,
  NoticeTexts as Schema,
  type NoticeTexts,
} from "../../shared/acceptance/acceptance.ts";
import { TurnoutError } from "../../shared/errors.ts";
import { isLanguage, languages } from "../../shared/page/language.ts";

const inLanguage = /^([a-z]{2})=(.*)$/s;
const compiled = Compile(Schema);

/** @throws TURNOUT_USAGE_INVALID when the pages have no such language, or the text is not one line within the bounds */
export function checkNotice(texts: Readonly<Record<string, string>>): NoticeTexts {
  if (compiled.Check(texts)) return texts;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `A notice is one line of plain text, 1 to ${maxNoticeLength} characters in each language: ${languages.join(", ")}.`,
  );
}

/**
 * @param given such as `The venue has changed.`, which is in the event's own language, or `de=…` and `en=…`
 * @throws TURNOUT_USAGE_INVALID
 */
export function readNotice(given: readonly string[]): NoticeTexts {
  const texts: Record<string, string> = {};
  for (const one of given) {
    const [, tag, named] = inLanguage.exec(one) ?? [];
    if (tag !== undefined && !isLanguage(tag)) {
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        `The pages have no language ${JSON.stringify(tag)}; there are ${languages.join(", ")}.`,
      );
    }
    const language = tag ?? eventLanguage;
    if (texts[language] !== undefined) {
      throw new TurnoutError("TURNOUT_USAGE_INVALID", "Only one notice can be given in each language.");
    }
    texts[language] = (named ?? one).trim();
  }
  return checkNotice(texts);
}
