/**
 * What mails say: subject, text, HTML and attachments of each kind in each language, made once for the event. Whom they
 * are sent to, and when, is with the mailer.
 *
 * A mail is a template of SES with two variables, `{{link}}` and `{{reference}}`, so that one call sends it to many
 * people. It shows nothing that an attendee typed, since anybody can register anybody's address.
 *
 * SES substitutes without escaping, in HTML too, and documents no escape for its own braces
 * (https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-advanced.html). A link needs no escaping: an origin
 * and a receipt have no character that means anything in HTML. The organiser's texts may have braces: in HTML they become
 * character references; elsewhere an invisible word joiner stands between two of them, so that they begin no variable.
 */
import { join } from "node:path";
import { mailKinds, type MailKind } from "../../shared/mail/mail-pack.ts";
import { palettesOf } from "../../shared/page/accent.ts";
import { languageOf, languageTraits, type Language } from "../../shared/page/language.ts";
import { messagesFrom, readCatalogues, type Messages } from "../../shared/page/messages.ts";
import { createMomentWriter } from "../../shared/page/moments.ts";
import { loadTemplates } from "../../shared/page/templates.ts";
import { calendarFiles, calendarFileName, calendarFileType } from "../../shared/registration/calendar-file.ts";
import { mailtoOf } from "../../shared/registration/email-address.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { linksOf, type LinkName } from "../../shared/registration/event-information.ts";
import { eventIn, languagesOf } from "../../shared/registration/event-translation.ts";
import type en from "./messages/en.json";

type MessageKey = keyof typeof en;

const catalogues = readCatalogues<MessageKey>(join(import.meta.dirname, "messages"));

export interface MailAttachment {
  readonly fileName: string;
  /** Media type with its parameters. */
  readonly contentType: string;
  /** Not ASCII: to be encoded as base64 in the mail. */
  readonly bytes: Uint8Array;
}

export interface MailContent {
  /** Of one line; an SES template without variables. */
  readonly subject: string;
  /** SES template with the variables `link` and `reference`. */
  readonly text: string;
  /** The same; a whole document. */
  readonly html: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly attachments: readonly MailAttachment[];
}

export interface MailContents {
  /** @param language language tag; the event's default language for one that it does not have and for none */
  contentOf(kind: MailKind, language: string | undefined): MailContent;
}

export interface MailContentOptions {
  readonly event: EventDefinition;
  /** The site's origin, for the calendar file; undefined when unknown. */
  readonly publicUrl?: string | undefined;
}

const linkVariable = "{{link}}";
/** Short name of a registration: letters and digits. */
const referenceVariable = "{{reference}}";

/** So that holiday notices and the like do not reply (RFC 3834, 5). */
const headers = [{ name: "Auto-Submitted", value: "auto-generated" }];

const special = /[&<>"'{}]/g;

/** Braces as well: SES reads them in HTML as everywhere. */
function escapeForHtml(text: unknown): string {
  return String(text).replace(special, (character) => `&#${character.charCodeAt(0)};`);
}

const bracePair = /\{(?=\{)|\}(?=\})/g;
const wordJoiner = "\u2060";

/** @returns plain text that SES takes as it is */
function escapeForText(text: string): string {
  return text.replace(bracePair, `$&${wordJoiner}`);
}

const firstStrongIsolate = "\u2068";
const popIsolate = "\u2069";
const rightToLeftLetter = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * In a sentence, a name that is written in the other direction would take brackets and quotes beside it along.
 * @returns the name, kept apart where it may be such a one (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates)
 */
function isolated(name: string, isRightToLeft: boolean): string {
  return isRightToLeft || rightToLeftLetter.test(name) ? `${firstStrongIsolate}${name}${popIsolate}` : name;
}

interface Fact {
  readonly label: string;
  readonly value: string;
  readonly zone?: string;
  /** Needs no escaping. */
  readonly url?: string;
}

/** Needs no escaping but as HTML. */
interface Organiser {
  readonly words: string;
  readonly email: string | undefined;
  readonly mailto: string | undefined;
  readonly url: string | undefined;
}

/** What a mail shows, as plain text, in order. */
interface MailParts {
  readonly isRightToLeft: boolean;
  readonly subject: string;
  readonly title: string;
  readonly intro: readonly string[];
  readonly facts: readonly Fact[];
  readonly reference: string;
  readonly linkText: string;
  readonly notes: readonly string[];
  readonly footer: string;
  readonly organiser: Organiser | undefined;
  readonly links: readonly { readonly label: string; readonly url: string }[];
}

function textOf({ isRightToLeft, title, intro, facts, reference, linkText, notes, ...end }: MailParts): string {
  const { footer, organiser, links } = end;
  // Each line has the direction of its first letter. A link on a line of its own needs no invisible characters, which
  // programs would take for a part of it.
  const afterLabel = isRightToLeft ? "\n" : " ";
  const factLines = facts.flatMap(({ label, value, zone, url }) => [
    `${label}: ${value}${zone === undefined ? "" : ` (${zone})`}`,
    ...(url === undefined ? [] : [url]),
  ]);
  const contact = [organiser?.words, organiser?.email, organiser?.url].filter((line) => line !== undefined);
  const footerLines = [footer, ...contact, ...links.map(({ label, url }) => `${label}:${afterLabel}${url}`)];
  const above = [title, ...intro, ...(facts.length > 0 ? [factLines.join("\n")] : [])];
  // The last one begins as mail programs know a signature.
  const below = [...notes, `-- \n${footerLines.join("\n")}`];
  const variables = [
    `${escapeForText(reference)}:${afterLabel}${referenceVariable}`,
    escapeForText(linkText),
    linkVariable,
  ];
  return [...above.map(escapeForText), ...variables, ...below.map(escapeForText)].join("\n\n").concat("\n");
}

/**
 * Reads, compiles and renders everything, so that nothing of it can fail later.
 * @throws when the template is broken or missing
 */
export function createMailContent({ event, publicUrl }: MailContentOptions): MailContents {
  const render = loadTemplates(join(import.meta.dirname, "templates"), { escape: escapeForHtml });
  const offered = languagesOf(event);

  const calendars = calendarFiles(event, publicUrl);

  function attachmentIn(language: Language): MailAttachment | undefined {
    const calendar = calendars.get(language);
    if (calendar === undefined) return undefined;
    return { fileName: calendarFileName, contentType: calendarFileType, bytes: Buffer.from(calendar) };
  }

  function factsIn(language: Language, text: Messages<MessageKey>): Fact[] {
    const { startsAt, endsAt, timeZone, venue } = eventIn(event, language);
    const facts: Fact[] = [];
    if (startsAt !== undefined) {
      const { words, zone } = createMomentWriter(language, timeZone).period(startsAt, endsAt);
      facts.push({ label: text("when"), value: words, zone });
    }
    const place = event.online ? languageTraits[language].online : venue;
    if (place !== undefined) {
      facts.push({ label: text("where"), value: place, ...(event.venueUrl !== undefined && { url: event.venueUrl }) });
    }
    return facts;
  }

  function organiserIn(language: Language, text: Messages<MessageKey>): Organiser | undefined {
    const { organiser } = eventIn(event, language);
    if (!organiser) return undefined;
    const { name, email, url } = organiser;
    return {
      words: text("organiser", { organiser: isolated(name, languageTraits[language].direction === "rtl") }),
      email,
      mailto: email === undefined ? undefined : mailtoOf(email),
      url,
    };
  }

  function createContent(kind: MailKind, language: Language): MailContent {
    const text = messagesFrom(catalogues[language]);
    const { locale, direction } = languageTraits[language];
    const isRightToLeft = direction === "rtl";
    const eventName = eventIn(event, language).name;
    const named = { event: isolated(eventName, isRightToLeft) };
    const mistake = text(`${kind}.mistake`);
    // What the mail is about for those whose address somebody else used; at its end for everybody else.
    const mistakeFirst = kind === "already-registered";
    // The other kinds go to people who have the file already, or who never registered: some calendars add it unasked.
    const attachment = kind === "confirmed" ? attachmentIn(language) : undefined;
    const labels: Record<LinkName, string> = {
      privacy: text("privacyNotice"),
      imprint: text("imprint"),
      conduct: text("conduct"),
    };
    const parts: MailParts = {
      isRightToLeft,
      // Not every program hides invisible characters there.
      subject: text(`${kind}.subject`, { event: eventName }),
      title: text(`${kind}.title`),
      intro: [text(`${kind}.intro`, named), ...(mistakeFirst ? [mistake] : [])],
      facts: factsIn(language, text),
      reference: text("reference"),
      linkText: text(`${kind}.link`),
      notes: [...(attachment ? [text("confirmed.calendar")] : []), text("private"), ...(mistakeFirst ? [] : [mistake])],
      footer: text("footer", named),
      organiser: organiserIn(language, text),
      links: linksOf(event).map(({ name, url }) => ({ label: labels[name], url })),
    };
    return {
      subject: escapeForText(parts.subject),
      text: textOf(parts),
      html: render("mail", {
        ...parts,
        lang: locale,
        button: text("button"),
        colours: palettesOf(event),
      }),
      headers,
      attachments: attachment ? [attachment] : [],
    };
  }

  const contents = new Map(
    offered.map((language) => {
      const byKind = mailKinds.map((kind) => [kind, createContent(kind, language)] as const);
      return [language, Object.fromEntries(byKind) as Record<MailKind, MailContent>] as const;
    }),
  );

  return {
    contentOf(kind, language) {
      const byKind = contents.get(languageOf(language, offered));
      if (!byKind) throw new Error(`no mail in the language ${language}`);
      return byKind[kind];
    },
  };
}
