/** Pausing and resuming registration, and the notice on attendees' pages. */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { AcceptanceOrder } from "../../admin/acceptance/acceptance-store.ts";
import { describeAcceptance, languageTitle } from "../../admin/acceptance/acceptance-view.ts";
import { checkNotice } from "../../admin/acceptance/notice-text.ts";
import {
  maxNoticeLength,
  maxWhyLength,
  noticeLanguages,
  type NoticeTexts,
} from "../../shared/acceptance/acceptance.ts";
import { TurnoutError } from "../../shared/errors.ts";
import { languageTraits } from "../../shared/page/language.ts";
import type { AcceptanceService } from "../acceptance-service.ts";
import { postedNumber, postedText, type PostedForm } from "../posted-form.ts";
import type { View } from "../view.ts";

export interface AcceptanceRoutesOptions {
  readonly view: View;
  readonly service: AcceptanceService;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

const kinds = ["pause", "resume", "notice"] as const;
type Kind = (typeof kinds)[number];

const done = {
  pause: "Paused. Every instance turns new registrations away within about three seconds.",
  resume: "Resumed. Every instance accepts registrations again within about three seconds.",
  notice: "The notice is on the pages within seconds.",
} as const satisfies Record<Kind, string>;

const longestPauseMinutes = 10_080;
/** Of a text as it was posted, which its own rules then check. */
const longestPosted = 4_000;

/** A form as it was posted, with the error at its field. */
interface Again {
  readonly kind: Kind;
  readonly values: Readonly<Record<string, string>>;
  readonly field: "why" | "minutes" | "notice" | "form";
  readonly message: string;
}

class FieldError extends Error {
  readonly field: Again["field"];

  constructor(field: Again["field"], message: string) {
    super(message);
    this.field = field;
  }
}

function valuesOf(posted: PostedForm): Record<string, string> {
  const names = ["why", "minutes", ...noticeLanguages.map((language) => `notice.${language}`)];
  return Object.fromEntries(names.map((name) => [name, postedText(posted, name, longestPosted)]));
}

function noticeOf(values: Readonly<Record<string, string>>): NoticeTexts {
  const texts = noticeLanguages.map((language) => [language, values[`notice.${language}`] ?? ""] as const);
  try {
    return checkNotice(Object.fromEntries(texts.filter(([, text]) => text !== "")));
  } catch (error) {
    throw error instanceof TurnoutError ? new FieldError("notice", error.message) : error;
  }
}

function whyOf({ why = "" }: Readonly<Record<string, string>>): string {
  if (why !== "" && why.length <= maxWhyLength) return why;
  throw new FieldError(
    "why",
    `Please give a reason, of at most ${maxWhyLength} characters: it is kept in the audit log.`,
  );
}

function orderOf(kind: Kind, values: Readonly<Record<string, string>>, now: number): AcceptanceOrder {
  if (kind === "resume") return { kind };
  const notice = noticeOf(values);
  if (kind === "notice") return { kind, notice };
  const { minutes = "" } = values;
  if (minutes === "") return { kind, until: undefined, notice };
  if (!/^\d{1,5}$/.test(minutes) || Number(minutes) < 1 || Number(minutes) > longestPauseMinutes) {
    throw new FieldError("minutes", `Please give whole minutes, from 1 to ${longestPauseMinutes}, or nothing.`);
  }
  return { kind, until: new Date(now + Number(minutes) * 60_000).toISOString(), notice };
}

/** Whether the person can decide anew on the same page. */
function asFieldError(error: unknown): FieldError {
  if (error instanceof FieldError) return error;
  const isRejected =
    error instanceof TurnoutError &&
    (error.code === "TURNOUT_ACCEPTANCE_CHANGED" || error.code === "TURNOUT_USAGE_INVALID");
  if (isRejected) return new FieldError("form", error.message);
  throw error;
}

export async function acceptanceRoutes(app: FastifyInstance, options: AcceptanceRoutesOptions): Promise<void> {
  const { view, service, wallClock } = options;

  async function send(reply: FastifyReply, again: Again | undefined, said?: string): Promise<FastifyReply> {
    const state = await service.read();
    const page = view.page("acceptance", "system", "Acceptance", {
      state,
      words: describeAcceptance(state, view.times.full),
      again,
      said,
      languages: noticeLanguages,
      languageTitle,
      languageTraits,
      bounds: { notice: maxNoticeLength, why: maxWhyLength, minutes: longestPauseMinutes },
    });
    return reply
      .code(again ? 400 : 200)
      .type("text/html")
      .send(page);
  }

  app.get<{ Querystring: { done?: unknown } }>("/acceptance", ({ query }, reply) => {
    const kind = kinds.find((one) => one === query.done);
    return send(reply, undefined, kind && done[kind]);
  });

  for (const kind of kinds) {
    app.post<{ Body: PostedForm }>(`/acceptance/${kind}`, async ({ body: posted }, reply) => {
      const version = postedNumber(posted, "version", 0, Number.MAX_SAFE_INTEGER);
      const values = valuesOf(posted);
      try {
        await service.change(orderOf(kind, values, wallClock()), whyOf(values), version);
      } catch (error) {
        const { field, message } = asFieldError(error);
        return send(reply, { kind, values, field, message });
      }
      return reply.redirect(`/acceptance?done=${kind}`, 303);
    });
  }
}
