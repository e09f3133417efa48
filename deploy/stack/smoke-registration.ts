/** Registers one made-up person through the public site, waits for the confirmation, and always tries to erase it again. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";
import { attempt, failed, ok, skipped, type Check } from "./checklist.ts";
import { askSite } from "./site.ts";
import type { MailRecord } from "./smoke-mail.ts";

export interface SmokeOptions {
  /** The event page. */
  readonly url: string;
  readonly person: Submission;
  /** Erases the person, also from what is still queued. @returns false where nothing was stored yet */
  readonly forget: (email: string) => Promise<boolean>;
  /** Reads what became of the confirmation by mail. Default: the deployment sends none. */
  readonly findMail?: ((email: string) => Promise<MailRecord | undefined>) | undefined;
  /** For the registration, and for its mail as well. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called while waiting, with the seconds so far. */
  readonly onWait?: (seconds: number) => void;
}

const smoke = "smoke registration";
const mailed = "smoke mail";
const forgotten = "smoke registration forgotten";
const longestPauseSeconds = 5;
const mailPauseMs = 1_000;

interface Answer {
  readonly code?: string;
  readonly title?: string;
  readonly statusUrl?: string;
  readonly status?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly opensAt?: string;
  readonly retryAfterSeconds?: number;
}

async function ask(address: URL, signal: AbortSignal, person?: Submission) {
  const headers = { accept: "application/json" };
  const post = {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(person),
  };
  const found = await askSite(address, person === undefined ? { headers } : post, signal);
  const { status, text } = found;
  const isChallenge = found.headers.get("x-amzn-waf-action") === "challenge";
  try {
    return { status, isChallenge, answer: JSON.parse(text) as Answer };
  } catch {
    // A proxy in between may answer without JSON.
    return { status, isChallenge, answer: {} };
  }
}

function rejection(status: number, { code, title, errors = [], opensAt }: Answer): Check {
  if (code === "TURNOUT_NOT_OPEN_YET" || code === "TURNOUT_CLOSED") {
    const when = opensAt === undefined || code === "TURNOUT_CLOSED" ? "" : ` before ${opensAt}`;
    return skipped(
      smoke,
      `the event accepts no registrations${when}; verify again while it is open, or on a test stage`,
    );
  }
  const details = errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ");
  const found = `${status} ${code ?? title ?? ""}${details && `: ${details}`}`;
  if (status === 400)
    return failed(smoke, found, "The deployed event has other questions. Give its file with --event FILE.");
  if (status === 403)
    return failed(
      smoke,
      found,
      "The firewall or CloudFront rejected it: does the behaviour of /registrations* allow POST?",
    );
  return failed(
    smoke,
    found,
    "Check the web environment's health and log; turnout doctor says whether a permission is missing.",
  );
}

async function waitForConfirmation(statusUrl: URL, options: SmokeOptions): Promise<Check> {
  const { timeoutSeconds, signal, onWait } = options;
  const began = performance.now();
  for (;;) {
    const { status, answer } = await ask(statusUrl, signal);
    const seconds = (performance.now() - began) / 1_000;
    if (status === 200 && answer.status === "confirmed") return ok(smoke, `confirmed after ${formatSeconds(seconds)}`);
    if (answer.status === "needs-attention") {
      return failed(smoke, "it was dead-lettered", "turnout dead-letters list --since 10min says why.");
    }
    if (status === 404) {
      return failed(
        smoke,
        "its own receipt is unknown",
        "Do all web instances have the same receipt keys? Restart the web environment.",
      );
    }
    if (seconds > timeoutSeconds) {
      const todo = "The worker does not drain: check its environment's health, and run turnout doctor.";
      return failed(smoke, `still ${answer.status ?? status} after ${formatSeconds(seconds)}`, todo);
    }
    onWait?.(seconds);
    const pause = Math.min(longestPauseSeconds, answer.retryAfterSeconds ?? longestPauseSeconds);
    await delay(pause * 1_000, undefined, { signal });
  }
}

/** A made-up address is at a reserved domain, which the mailer never sends to: its record says so, and is as good. */
async function waitForMail({ findMail, person, timeoutSeconds, signal, onWait }: SmokeOptions): Promise<Check[]> {
  if (findMail === undefined) return [];
  const began = performance.now();
  for (;;) {
    const record = await findMail(person.email);
    const seconds = (performance.now() - began) / 1_000;
    if (record !== undefined) {
      const { outcome, detail } = record;
      const found = `${outcome} after ${formatSeconds(seconds)}${detail === undefined ? "" : `: ${detail}`}`;
      if (outcome === "sent" || outcome === "rejected") return [ok(mailed, found)];
      return [failed(mailed, found, "Its registration is confirmed, so it should be sent: see the worker's log.")];
    }
    if (seconds > timeoutSeconds) {
      const todo =
        "The mailer does nothing: the worker's log says why, turnout doctor whether a permission is missing.";
      return [failed(mailed, `nothing is recorded after ${formatSeconds(seconds)}`, todo)];
    }
    onWait?.(seconds);
    await delay(mailPauseMs, undefined, { signal });
  }
}

/**
 * @returns a check of the registration, one of its mail where there is mail, and one of its erasure
 * @throws the signal's reason, after the erasure was tried
 */
export async function smokeRegistration(options: SmokeOptions): Promise<readonly Check[]> {
  const { url, person, forget, signal } = options;
  let waited: Check;
  let mail: readonly Check[] = [];
  try {
    const { status, isChallenge, answer } = await ask(new URL("/registrations", url), signal, person);
    if (isChallenge) return [skipped(smoke, "the firewall lets only browsers register: try it in one")];
    if (status !== 202 || answer.statusUrl === undefined) return [rejection(status, answer)];
    waited = await waitForConfirmation(new URL(answer.statusUrl, url), options);
    if (waited.status === "ok") mail = await attempt(mailed, signal, () => waitForMail(options));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    waited = failed(smoke, said, "See the check of the event page, and the web environment's health.");
  }
  const erased = await erase(person.email, waited.status === "ok", forget);
  signal.throwIfAborted();
  return [waited, ...mail, erased];
}

async function erase(email: string, confirmed: boolean, forget: SmokeOptions["forget"]): Promise<Check> {
  const byHand = `By hand: turnout registrations forget ${email} --execute`;
  try {
    if (await forget(email)) return ok(forgotten, "erased");
    if (!confirmed) return ok(forgotten, "it was not stored yet, and will not be");
    return failed(forgotten, "confirmed, but not in the table", byHand);
  } catch (error) {
    return failed(forgotten, error instanceof Error ? error.message : String(error), byHand);
  }
}
