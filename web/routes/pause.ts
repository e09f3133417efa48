/**
 * Turns new registrations away while somebody has paused them. What changes a registration goes on: it concerns people who
 * are registered, and a withdrawal makes room.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Acceptance } from "../../shared/acceptance/acceptance.ts";
import type { AcceptanceWatch } from "../../shared/acceptance/acceptance-watch.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { problemType, toProblem, wantsPage, type Problem } from "../http/problem.ts";
import type { LanguageChoice } from "../page/language.ts";
import { noticeIn } from "../page/notices.ts";
import type { Language } from "../page/pages.ts";
import type { Rejections } from "../queue/rejections.ts";

export interface PauseOptions {
  readonly acceptance: Pick<AcceptanceWatch, "isPaused" | "latest">;
  readonly event: EventDefinition;
  readonly language: LanguageChoice;
  readonly rejections: Rejections;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

export interface Pause {
  /** Answers a program while paused. @returns whether it did. @throws TURNOUT_PAUSED for a browser */
  answers(request: FastifyRequest, reply: FastifyReply): boolean;
  /** @throws TURNOUT_PAUSED while paused */
  reject(reply: FastifyReply): void;
}

/** Everybody who waits asks again this often. */
const retryAfterSeconds = 20;

const detail = "Nothing was registered. Please send the same again after a while; what was accepted stays accepted.";

export function createPause({ acceptance, event, language, rejections, wallClock }: PauseOptions): Pause {
  /** Serialised once for each language and order: in a rush all requests end here. */
  const bodies = new WeakMap<Acceptance, Map<Language, string>>();

  function bodyOf(ordered: Acceptance, inLanguage: Language): string {
    const known = bodies.get(ordered) ?? new Map<Language, string>();
    bodies.set(ordered, known);
    const body = known.get(inLanguage) ?? JSON.stringify(problemOf(ordered, inLanguage));
    known.set(inLanguage, body);
    return body;
  }

  function problemOf({ pauseNotice, until }: Acceptance, inLanguage: Language): Problem {
    const notice = noticeIn(pauseNotice, inLanguage, event);
    return {
      ...toProblem(new TurnoutError("TURNOUT_PAUSED", detail)),
      ...(notice && { notice: { text: notice.text, ...(notice.language && { language: notice.language }) } }),
      ...(until !== undefined && { until }),
    };
  }

  function setRetryAfter(reply: FastifyReply): void {
    const { until } = acceptance.latest();
    const leftSeconds = until === undefined ? Infinity : Math.ceil((Date.parse(until) - wallClock()) / 1_000);
    reply.header("Retry-After", Math.min(retryAfterSeconds, Math.max(1, leftSeconds)));
  }

  function reject(reply: FastifyReply): void {
    if (!acceptance.isPaused()) return;
    setRetryAfter(reply);
    throw new TurnoutError("TURNOUT_PAUSED", detail);
  }

  return {
    answers(request, reply) {
      if (!acceptance.isPaused()) return false;
      if (wantsPage(request)) reject(reply);
      setRetryAfter(reply);
      rejections.count("TURNOUT_PAUSED");
      const body = bodyOf(acceptance.latest(), language.of(request));
      reply.code(503).header("Cache-Control", "no-store").type(problemType).send(body);
      return true;
    },
    reject,
  };
}
