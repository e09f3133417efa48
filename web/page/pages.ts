/**
 * The attendee's pages of one event in every language, as bytes or text. Routing, statuses and caching are in
 * `web/routes/`.
 */
import { join } from "node:path";
import type { ValidationError } from "../../shared/errors.ts";
import { loadTemplates } from "../../shared/page/templates.ts";
import type { EventDefinition, EventPhase } from "../../shared/registration/event-definition.ts";
import { registrationStatuses, type RegistrationStatus } from "../status/registration-status.ts";
import { entryModule, loadAssets, type Asset, type Picture } from "./assets.ts";
import { formFields } from "./form-fields.ts";
import { filledForm } from "./form-with-errors.ts";
import { languages, type Language } from "./language.ts";
import { isMessageKey, messagesIn } from "./messages.ts";
import { createMomentWriter, locales, type Moment } from "./moments.ts";
import { createRepresentation, type Representation } from "./representation.ts";

export type { Language } from "./language.ts";
export type { Representation } from "./representation.ts";

export interface StatusView {
  readonly status: RegistrationStatus;
  /** ISO 8601. */
  readonly submittedAt: string;
  /** While pending. */
  readonly retryAfterSeconds?: number;
  /** Estimated wait; while pending and known. */
  readonly estimatedWaitSeconds?: number;
  /** Whether to say that the wait is unknown; while pending. */
  readonly waitUnknown?: boolean;
}

export interface RejectedForm {
  /** The submission as parsed, of any shape. */
  readonly values: unknown;
  /** Errors by JSON pointer; empty when there are none. */
  readonly validationErrors: readonly ValidationError[];
  /** `busy`: valid, but not accepted at this moment. */
  readonly notice?: "busy";
}

export interface ProblemView {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
}

export interface Pages {
  /** The event page by phase: the same for everybody, rendered and compressed once. */
  event(language: Language, phase: EventPhase): Representation;
  /** The event page after a rejected form post: values kept, errors at their fields. */
  eventAgain(language: Language, given: RejectedForm): string;
  /** @param statusUrl the page's own address, for the attendee to keep */
  status(language: Language, view: StatusView, statusUrl: string): string;
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

/**
 * Reads and compiles everything, so that rendering reads no files.
 * @param publicUrl the site's origin for link previews; undefined when unknown
 * @throws when a template or an asset is broken or missing
 */
export function createPages(event: EventDefinition, publicUrl?: string): Pages {
  const assets = loadAssets();
  const render = loadTemplates(join(import.meta.dirname, "templates"));

  function createLanguagePages(language: Language) {
    const text = messagesIn(language);
    const fields = formFields(event, text);
    const { moment, wait } = createMomentWriter(language, event.timeZone);
    const common = {
      text,
      lang: locales[language],
      event,
      opensAt: moment(event.opensAt),
      closesAt: moment(event.closesAt),
      style: assets.url("page.css"),
      script: assets.url(entryModule),
      modules: assets.modules,
      statuses: registrationStatuses,
      phasesAhead: [] as readonly EventPhase[],
      icon: assets.url("icon.svg"),
      share: { url: publicUrl && `${publicUrl}/`, picture: `${publicUrl ?? ""}${assets.url("share.png")}` },
    };

    /** The panels that the script switches to. They hold nothing of one registration, so they are rendered once. */
    const panelsAhead = render("status-panels", common);

    function eventPage(phase: EventPhase, rejected: RejectedForm): string {
      const form = filledForm(fields, rejected);
      const title = form.validationErrors.length > 0 ? `${text("form.errorPrefix")} ${event.name}` : event.name;
      return render("event", {
        ...common,
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
        const { status, submittedAt, retryAfterSeconds, estimatedWaitSeconds, waitUnknown } = view;
        const unknown = waitUnknown ? text("status.waitUnknown") : undefined;
        return render("status", {
          ...common,
          panelsAhead,
          status,
          statusUrl,
          submittedAt: moment(submittedAt),
          retryAfterSeconds: retryAfterSeconds ?? defaultRetryAfterSeconds,
          wait: estimatedWaitSeconds === undefined ? unknown : wait(estimatedWaitSeconds),
        });
      },
      statusLater({ code }: ProblemView): string {
        const words = text("problem.statusLater.text");
        return render("problem", { ...common, heading: text("problem.statusLater.title"), words, code });
      },
      problem({ status, title, detail, code }: ProblemView): string {
        const own = `problem.${code}`;
        const kind = isMessageKey(`${own}.title`) ? own : `problem.${status < 500 ? "4" : "5"}xx`;
        const [titleKey, textKey] = [`${kind}.title`, `${kind}.text`];
        const moments = { opensAt: inFull(common.opensAt), closesAt: inFull(common.closesAt) };
        return render("problem", {
          ...common,
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
  const eventPages = new Map(
    languages.flatMap((language) =>
      phases.map((phase) => [`${language} ${phase}`, pagesByLanguage[language].event(phase)] as const),
    ),
  );

  return {
    event: (language, phase) => eventPages.get(`${language} ${phase}`) as Representation,
    eventAgain: (language, rejected) => pagesByLanguage[language].eventAgain(rejected),
    status: (language, view, statusUrl) => pagesByLanguage[language].status(view, statusUrl),
    statusLater: (language, problem) => pagesByLanguage[language].statusLater(problem),
    problem: (language, problem) => pagesByLanguage[language].problem(problem),
    picture: (file) => assets.picture(file),
    asset: (name) => assets.find(name),
  };
}
