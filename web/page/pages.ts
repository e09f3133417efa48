/**
 * The attendee's pages of one event in every language, as bytes or text. Routing, statuses and caching are in
 * `web/routes/`.
 */
import { join } from "node:path";
import { alwaysOpen, type AcceptanceWatch } from "../../shared/acceptance/acceptance-watch.ts";
import type { ValidationError } from "../../shared/errors.ts";
import { accentStyle } from "../../shared/page/accent.ts";
import { languageTraits, type Language } from "../../shared/page/language.ts";
import { createMomentWriter, type Moment } from "../../shared/page/moments.ts";
import { loadTemplates } from "../../shared/page/templates.ts";
import type { EventDefinition, EventPhase } from "../../shared/registration/event-definition.ts";
import { eventIn, hasChoiceOfLanguages, languagesOf } from "../../shared/registration/event-translation.ts";
import type { Logo } from "../../shared/registration/logo.ts";
import { registrationStatuses, type RegistrationStatus } from "../status/registration-status.ts";
import type { StoredContent } from "../status/status-reads.ts";
import { withExpiry } from "./answer-expiry.ts";
import { entryModule, loadAssets, logoFile, styleFile, type Asset, type Picture } from "./assets.ts";
import { createEventPageCache } from "./event-page-cache.ts";
import { informationIn } from "./event-information.ts";
import { formFields } from "./form-fields.ts";
import { filledForm, type FilledForm } from "./form-with-errors.ts";
import { languageQuery } from "./language.ts";
import { isMessageKey, messagesIn, type MessageKey } from "./messages.ts";
import { noticeIn } from "./notices.ts";
import { storedEntries } from "./stored-entries.ts";
import { createRepresentation, type Representation } from "./representation.ts";

export type { Language } from "../../shared/page/language.ts";
export type { Representation } from "./representation.ts";

/** What a status page says was received. */
export type ChangeNotice = "change" | "withdrawal";

export interface StatusView {
  readonly status: RegistrationStatus;
  /** ISO 8601. */
  readonly submittedAt: string;
  /** To be quoted at the entrance. */
  readonly reference?: string;
  /** While pending. */
  readonly retryAfterSeconds?: number;
  /** Estimated wait; while pending and known. */
  readonly estimatedWaitSeconds?: number;
  /** Whether to say that the wait is unknown; while pending. */
  readonly waitUnknown?: boolean;
  /** What is stored, for whom may see it. */
  readonly content?: StoredContent | undefined;
  readonly notice?: ChangeNotice | undefined;
  /** Whether registration is open, so that it can be corrected. Default: it is. */
  readonly isOpen?: boolean;
}

export interface ChangeView {
  readonly statusUrl: string;
  readonly email: string;
  /** Whether the link came by mail, so that its changes take precedence. */
  readonly mailbox: boolean;
  /** Whether the address can register again. */
  readonly isOpen: boolean;
  readonly notice?: RejectedForm["notice"];
}

export interface CorrectionView extends ChangeView {
  /** Of the registration. */
  readonly reference?: string;
  /** Whether nothing is filled in, so that all has to be. */
  readonly isEmpty: boolean;
}

export interface RejectedForm {
  /** The submission as parsed, of any shape. */
  readonly values: unknown;
  /** Errors by JSON pointer; empty when there are none. */
  readonly validationErrors: readonly ValidationError[];
  /** `busy`: valid, but not accepted at this moment. `paused`: nobody is accepted now. */
  readonly notice?: "busy" | "paused" | undefined;
}

export interface ProblemView {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
}

export interface Pages {
  /** The event page by phase: the same for everybody, rendered and compressed once for each change of acceptance. */
  event(language: Language, phase: EventPhase): Representation;
  /** The event page after a rejected form post: values kept, errors at their fields. */
  eventAgain(language: Language, given: RejectedForm): string;
  /** @param statusUrl the page's own address, for the attendee to keep */
  status(language: Language, view: StatusView, statusUrl: string): string;
  /** The form of a correction: with what is stored, with what was rejected, or empty. */
  correction(language: Language, view: CorrectionView, given: RejectedForm): string;
  /** Asks before a withdrawal. */
  withdrawal(language: Language, view: ChangeView): string;
  /** Asks for the address to which the link is mailed. */
  lostLink(language: Language, given: RejectedForm): string;
  linkRequested(language: Language): string;
  /** When a status cannot be read at this moment. */
  statusLater(language: Language, problem: ProblemView): string;
  /** A plain error page. */
  problem(language: Language, problem: ProblemView): string;
  /** @param file asset to serve at a well-known address */
  picture(file: string): Picture;
  /** @param name what follows `/assets/` in an address */
  asset(name: string): Asset | undefined;
}

const htmlType = "text/html; charset=utf-8";
const phases = ["before", "open", "closed"] as const satisfies readonly EventPhase[];
function inFull({ words, zone }: Moment): string {
  return `${words} ${zone}`;
}

/** Default, in seconds, when nothing better is known. */
const defaultRetryAfterSeconds = 2;

export interface PagesOptions {
  /** The site's origin for link previews. Default: unknown. */
  readonly publicUrl?: string | undefined;
  /** Whether a lost link can be mailed. Default: no. */
  readonly mailsLinks?: boolean;
  /** The event's. Default: none. */
  readonly logo?: Logo | undefined;
  /** Whether registrations are accepted, and what is to be said. Default: they are, and nothing. */
  readonly acceptance?: Pick<AcceptanceWatch, "isPaused" | "latest">;
}

/**
 * Reads and compiles everything, so that rendering reads no files.
 * @throws when a template or an asset is broken or missing
 */
export function createPages(definition: EventDefinition, options: PagesOptions = {}): Pages {
  const { publicUrl, mailsLinks = false, logo, acceptance = alwaysOpen } = options;
  const assets = loadAssets({ style: accentStyle(definition), logo });
  const render = loadTemplates(join(import.meta.dirname, "templates"));
  const languages = languagesOf(definition);
  const choices = hasChoiceOfLanguages(definition) ? languages : [];

  function createLanguagePages(language: Language) {
    const text = messagesIn(language);
    const event = eventIn(definition, language);
    const { locale, direction } = languageTraits[language];
    const query = languageQuery(definition, language);
    const fields = withExpiry(formFields(event, language), event, language, text);
    const contentFields = fields.filter(({ pointer }) => pointer !== "/email");
    const addressField = fields
      .filter(({ pointer }) => pointer === "/email")
      .map((field) => ({ ...field, hint: text("lostLink.hint") }));
    const { moment, wait } = createMomentWriter(language, event.timeZone);
    const common = {
      text,
      lang: locale,
      isRightToLeft: direction === "rtl",
      // Those who follow a link of the page stay in its language.
      query,
      home: `/${query}`,
      choices: choices.map((choice) => ({
        lang: languageTraits[choice].locale,
        name: languageTraits[choice].name,
        url: `/${languageQuery(definition, choice)}`,
        isCurrent: choice === language,
      })),
      event,
      opensAt: moment(event.opensAt),
      closesAt: moment(event.closesAt),
      mailsLinks,
      hasCalendar: event.startsAt !== undefined,
      information: informationIn(language, event, text),
      isOpen: true,
      logo: logo && { url: assets.url(logoFile(logo)), alt: event.organiser?.name ?? event.name },
      style: assets.url(styleFile),
      script: assets.url(entryModule),
      modules: assets.modules,
      statuses: registrationStatuses,
      phasesAhead: [] as readonly EventPhase[],
      icon: assets.url("icon.svg"),
      share: { url: publicUrl && `${publicUrl}/${query}`, picture: `${publicUrl ?? ""}${assets.url("share.png")}` },
    };

    /** What people have ordered to be said now. */
    function ordered() {
      const { notice, pauseNotice } = acceptance.latest();
      return {
        announced: noticeIn(notice, language, definition),
        pause: acceptance.isPaused() ? { notice: noticeIn(pauseNotice, language, definition) } : undefined,
      };
    }

    /** The panels that the script switches to. They hold nothing of one registration, so they are rendered once. */
    const panelsAhead = render("status-panels", common);

    /** @returns heading and title: errors come first, for whoever hears it */
    function headed(key: MessageKey, { validationErrors }: FilledForm) {
      const heading = text(key);
      return { heading, title: validationErrors.length > 0 ? `${text("form.errorPrefix")} ${heading}` : heading };
    }

    function eventPage(phase: EventPhase, rejected: RejectedForm): string {
      const form = filledForm(fields, rejected);
      const title = form.validationErrors.length > 0 ? `${text("form.errorPrefix")} ${event.name}` : event.name;
      return render("event", {
        ...common,
        ...ordered(),
        title,
        phase,
        // An open page switches phases by itself.
        phasesAhead: phases.slice(phases.indexOf(phase)),
        form,
        notice: rejected.notice,
      });
    }

    return {
      event: (phase: EventPhase) =>
        createRepresentation(eventPage(phase, { values: undefined, validationErrors: [] }), htmlType),
      eventAgain: (rejected: RejectedForm) => eventPage("open", rejected),
      status(view: StatusView, statusUrl: string): string {
        const { status, submittedAt, reference, retryAfterSeconds, estimatedWaitSeconds, waitUnknown } = view;
        const { content, notice, isOpen = true } = view;
        const unknown = waitUnknown ? text("status.waitUnknown") : undefined;
        return render("status", {
          ...common,
          ...ordered(),
          panelsAhead,
          status,
          statusUrl,
          submittedAt: moment(submittedAt),
          reference,
          retryAfterSeconds: retryAfterSeconds ?? defaultRetryAfterSeconds,
          wait: estimatedWaitSeconds === undefined ? unknown : wait(estimatedWaitSeconds),
          entries: content && storedEntries(content, event, language, text),
          notice,
          isOpen,
          // A withdrawal shows by itself when it is done; of a correction there is nothing to see.
          awaited: notice === "withdrawal" && status !== "withdrawn" ? "withdrawn" : undefined,
        });
      },
      correction(view: CorrectionView, given: RejectedForm): string {
        const form = filledForm(contentFields, given);
        return render("correction", {
          ...common,
          ...ordered(),
          ...view,
          ...headed("correction.title", form),
          form,
          notice: given.notice,
        });
      },
      withdrawal: (view: ChangeView): string =>
        render("withdrawal", { ...common, ...ordered(), ...view, heading: text("withdrawal.title") }),
      lostLink(given: RejectedForm): string {
        const form = filledForm(addressField, given);
        return render("lost-link", {
          ...common,
          ...ordered(),
          ...headed("lostLink.title", form),
          form,
          notice: given.notice,
        });
      },
      linkRequested: (): string =>
        render("link-requested", { ...common, ...ordered(), heading: text("linkRequested.title") }),
      statusLater({ code }: ProblemView): string {
        const words = text("problem.statusLater.text");
        return render("problem", { ...common, ...ordered(), heading: text("problem.statusLater.title"), words, code });
      },
      problem({ status, title, detail, code }: ProblemView): string {
        const own = `problem.${code}`;
        const kind = isMessageKey(`${own}.title`) ? own : `problem.${status < 500 ? "4" : "5"}xx`;
        const [titleKey, textKey] = [`${kind}.title`, `${kind}.text`];
        const moments = { opensAt: inFull(common.opensAt), closesAt: inFull(common.closesAt) };
        return render("problem", {
          ...common,
          ...ordered(),
          isLost: mailsLinks && code === "TURNOUT_RECEIPT_UNKNOWN",
          heading: isMessageKey(titleKey) ? text(titleKey) : title,
          words: isMessageKey(textKey) ? text(textKey, moments) : detail,
          code,
        });
      },
    };
  }

  const pagesByLanguage = Object.fromEntries(
    languages.map((language) => [language, createLanguagePages(language)]),
  ) as Record<Language, ReturnType<typeof createLanguagePages>>;
  const kept = createEventPageCache(acceptance);
  const currentEventPage = (language: Language, phase: EventPhase) =>
    kept(`${language} ${phase}`, () => pagesByLanguage[language].event(phase));
  // Before the first request: an instance starts when it is wanted most.
  for (const language of languages) for (const phase of phases) currentEventPage(language, phase);

  return {
    event: currentEventPage,
    eventAgain: (language, rejected) => pagesByLanguage[language].eventAgain(rejected),
    status: (language, view, statusUrl) => pagesByLanguage[language].status(view, statusUrl),
    correction: (language, view, given) => pagesByLanguage[language].correction(view, given),
    withdrawal: (language, view) => pagesByLanguage[language].withdrawal(view),
    lostLink: (language, given) => pagesByLanguage[language].lostLink(given),
    linkRequested: (language) => pagesByLanguage[language].linkRequested(),
    statusLater: (language, problem) => pagesByLanguage[language].statusLater(problem),
    problem: (language, problem) => pagesByLanguage[language].problem(problem),
    picture: (file) => assets.picture(file),
    asset: (name) => assets.find(name),
  };
}
