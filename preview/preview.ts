/** Serves an event's pages in every state on loopback: each phase at a port of its own, since a page has one clock. */
import { TurnoutError } from "../shared/errors.ts";
import type { Language } from "../shared/page/language.ts";
import type { EventPhase } from "../shared/registration/event-definition.ts";
import { hasChoiceOfLanguages, languagesOf } from "../shared/registration/event-translation.ts";
import { registrationStatuses } from "../web/status/registration-status.ts";
import { languageQuery } from "../web/page/language.ts";
import { buildPreviewApp, errorsPath, type PreviewApp, type PreviewedEvent } from "./preview-app.ts";

export interface PreviewPage {
  /** Such as `needs-attention`. */
  readonly state: string;
  /** Of the page; undefined where the browser's decides, as the event names none. */
  readonly language: Language | undefined;
  readonly url: string;
}

export interface Preview {
  readonly pages: readonly PreviewPage[];
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const phases = ["before", "open", "closed"] as const satisfies readonly EventPhase[];

async function listen({ app }: PreviewApp, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw cause;
    const why = code === "EADDRINUSE" ? "is in use" : "needs more permissions";
    const message = `Port ${port} on ${host} ${why}. Choose another one with --port; 0 takes any free ones.`;
    throw new TurnoutError("TURNOUT_USAGE_INVALID", message, { cause });
  }
}

/**
 * @param port of the first phase, the others follow; 0 for any free ones
 * @param realClock milliseconds since the epoch
 * @throws TURNOUT_USAGE_INVALID when a port cannot be had
 */
export async function startPreview(previewed: PreviewedEvent, port: number, realClock: () => number): Promise<Preview> {
  const running: PreviewApp[] = [];
  const stop = async () => void (await Promise.all(running.map(({ app }) => app.close())));
  const origins = new Map<EventPhase, string>();
  try {
    for (const [index, phase] of phases.entries()) {
      const one = await buildPreviewApp(previewed, phase, realClock);
      running.push(one);
      origins.set(phase, await listen(one, port === 0 ? 0 : port + index));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const [before, open, closed] = phases.map((phase) => origins.get(phase) ?? "");
  const statuses = running[phases.indexOf("open")]?.statusPath;
  const { event } = previewed;

  function pagesIn(language: Language): PreviewPage[] {
    const query = languageQuery(event, language);
    const named = event.language === undefined ? undefined : language;
    const at = (state: string, path: string, origin = open): PreviewPage => ({
      state,
      language: named,
      url: `${origin}${path}`,
    });
    const mailed = statuses?.("confirmed", true, language) ?? "";
    return [
      at("before", `/${query}`, before),
      at("open", `/${query}`),
      at("errors", `${errorsPath}${query}`),
      ...registrationStatuses.map((status) => at(status, statuses?.(status, false, language) ?? "")),
      at("confirmed, by mail", mailed),
      at("correction", `${mailed}/correction`),
      at("withdrawal", `${mailed}/withdrawal`),
      at("lost link", `/lost-link${query}`),
      at("closed", `/${query}`, closed),
    ];
  }

  const [first = "en", ...others] = languagesOf(event);
  return { pages: [first, ...(hasChoiceOfLanguages(event) ? others : [])].flatMap(pagesIn), stop };
}
