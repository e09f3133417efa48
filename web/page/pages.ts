/**
 * The attendee's pages of one event, in every language: what a browser is shown, as bytes or text. Which of them a request
 * gets, with which status and caching, is decided in `web/routes/`; not here.
 */
import { join } from "node:path";
import type { Fault } from "../../shared/errors.ts";
import { loadTemplates } from "../../shared/page/templates.ts";
import type { EventDefinition, EventPhase } from "../../shared/registration/event-definition.ts";
import { registrationStatuses, type RegistrationStatus } from "../status/registration-status.ts";
import { entryModule, loadAssets, type Asset, type Picture } from "./assets.ts";
import { formFields } from "./fields.ts";
import { filledForm } from "./filled-form.ts";
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
  /** When to ask again; while pending. */
  readonly retryAfterSeconds?: number;
  /** How long the line in front is expected to take; while pending and known. */
  readonly estimatedWaitSeconds?: number;
  /** Whether to say that it is not known; while pending. */
  readonly waitUnknown?: boolean;
}

export interface RefusedForm {
  /** The submission as it was understood, of whatever shape it came in. */
  readonly values: unknown;
  /** What is wrong with it, by JSON pointer; empty when nothing is. */
  readonly faults: readonly Fault[];
  /** `busy`: nothing is wrong with it, it could just not be accepted at this moment. */
  readonly notice?: "busy";
}

export interface ProblemView {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
}

export interface Pages {
  /** The event page in its phase: the same for everybody, so made and compressed once. */
  event(language: Language, phase: EventPhase): Representation;
  /** The event page again after a form post that was refused: entries kept, errors tied to their fields. */
  eventAgain(language: Language, given: RefusedForm): string;
  /** @param statusUrl the page's own address, to be kept by the attendee */
  status(language: Language, view: StatusView, statusUrl: string): string;
  /** In place of a status that cannot be told at this moment. */
  statusLater(language: Language, problem: ProblemView): string;
  /** A plain page for an error that a browser meets. */
  problem(language: Language, problem: ProblemView): string;
  /** @param file of the page's folder of assets, to be served at an address that others know */
  picture(file: string): Picture;
  /** @param name what follows `/assets/` in an address */
  asset(name: string): Asset | undefined;
}

const htmlType = "text/html; charset=utf-8";
const phases = ["before", "open", "closed"] as const satisfies readonly EventPhase[];
function inFull({ words, zone }: Moment): string {
  return `${words} ${zone}`;
}

/** Where no better figure is known, in seconds. */
const defaultRetryAfterSeconds = 2;

/**
 * Reads and compiles everything that is needed, so that showing a page later reads no file.
 * @param publicUrl where the site is, for those who show a shared page elsewhere; undefined where that is not known
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

    /** The panels that the script changes to: nothing of one registration is in them, so they are made once. */
    const panelsAhead = render("status-panels", common);

    function eventPage(phase: EventPhase, refused: RefusedForm): string {
      const form = filledForm(fields, refused);
      const title = form.faults.length > 0 ? `${text("form.errorPrefix")} ${event.name}` : event.name;
      return render("event", {
        ...common,
        title,
        phase,
        // A page that stays open lives through the later phases as well.
        phasesAhead: phases.slice(phases.indexOf(phase)),
        form,
        notice: refused.notice,
      });
    }

    return {
      event: (phase: EventPhase) => createRepresentation(eventPage(phase, { values: undefined, faults: [] }), htmlType),
      eventAgain: (refused: RefusedForm) => eventPage("open", refused),
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
    eventAgain: (language, refused) => pagesByLanguage[language].eventAgain(refused),
    status: (language, view, statusUrl) => pagesByLanguage[language].status(view, statusUrl),
    statusLater: (language, problem) => pagesByLanguage[language].statusLater(problem),
    problem: (language, problem) => pagesByLanguage[language].problem(problem),
    picture: (file) => assets.picture(file),
    asset: (name) => assets.find(name),
  };
}
