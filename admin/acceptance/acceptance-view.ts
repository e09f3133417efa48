/** The state of acceptance as commands and console show it, and as `--json` prints it. */
import { Type, type Static } from "typebox";
import { eventLanguage, isPaused, NoticeTexts, type Acceptance } from "../../shared/acceptance/acceptance.ts";

/** What `--json` prints. */
export const AcceptanceOutput = Type.Object(
  {
    paused: Type.Boolean({ description: "whether new registrations are turned away now" }),
    until: Type.Union([Type.String(), Type.Null()], { description: "when the pause ends by itself; ISO 8601, UTC" }),
    pauseNotice: NoticeTexts,
    notice: NoticeTexts,
    who: Type.String({ description: "who made the latest change; empty before the first" }),
    why: Type.String(),
    at: Type.String({ description: "of the latest change; ISO 8601, UTC" }),
    version: Type.Integer(),
  },
  { additionalProperties: false },
);

export type AcceptanceOutput = Static<typeof AcceptanceOutput>;

/** @param now milliseconds since the epoch */
export function toAcceptanceOutput(acceptance: Acceptance, now: number): AcceptanceOutput {
  const { until, pauseNotice, notice, who, why, at, version } = acceptance;
  return { paused: isPaused(acceptance, now), until: until ?? null, pauseNotice, notice, who, why, at, version };
}

/** @param time writes a time for people. @returns the state in one line */
export function describeAcceptance({ paused, until }: AcceptanceOutput, time: (instant: string) => string): string {
  if (paused) return until === null ? "paused, until somebody resumes" : `paused, until ${time(until)}`;
  return until === null
    ? "open, within the event's opening times"
    : `open: the pause ended by itself at ${time(until)}`;
}

/** @returns the name of a notice's language for people */
export function languageTitle(language: string): string {
  return language === eventLanguage ? "the event's language" : language;
}
