/** Sorts requests for mails by what is to be done with them. Pure. */
import type { MailKind, MailRequest } from "../../shared/mail/mail-pack.ts";
import { mailboxOf } from "./limit-key.ts";
import { decideMail, type MailFacts, type MailVerdict, type StandingRegistration } from "./mail-verdict.ts";

export interface DueMail {
  readonly request: MailRequest;
  readonly registration: StandingRegistration;
}

/** Mails that can share a call. */
export interface MailGroup {
  readonly kind: MailKind;
  readonly language: string | undefined;
  readonly mails: DueMail[];
}

/** A mail that is not to be sent, with its reason. */
export type ExplainedMail = readonly [request: MailRequest, verdict: Extract<MailVerdict, { kind: "explained" }>];

export interface MailPlan {
  readonly explained: readonly ExplainedMail[];
  readonly groups: readonly MailGroup[];
  /** To be decided when another mail of an earlier message is. */
  readonly pending: readonly MailRequest[];
  /** Further mails of a kind to a mailbox of the groups: the first one decides. */
  readonly followers: readonly MailRequest[];
}

/** @param facts one for each request, in order. Requests that have a record are in no part of the plan. */
export function planMails(
  requests: readonly MailRequest[],
  facts: readonly MailFacts[],
  sendToReserved: boolean,
): MailPlan {
  const explained: ExplainedMail[] = [];
  const pending: MailRequest[] = [];
  const followers: MailRequest[] = [];
  const groups = new Map<string, MailGroup>();
  const taken = new Set<string>();
  for (const [index, request] of requests.entries()) {
    const known = facts[index];
    const verdict = known && decideMail(request, known, sendToReserved);
    if (verdict?.kind === "explained") explained.push([request, verdict]);
    if (verdict?.kind === "pending") pending.push(request);
    if (verdict?.kind !== "due") continue;
    const { kind, email } = request;
    const turn = `${kind}/${mailboxOf(email)}`;
    if (taken.has(turn)) {
      followers.push(request);
      continue;
    }
    taken.add(turn);
    const { language, registration } = verdict;
    const key = `${kind}/${language ?? ""}`;
    const group = groups.get(key) ?? { kind, language, mails: [] };
    groups.set(key, group);
    group.mails.push({ request, registration });
  }
  return { explained, groups: [...groups.values()], pending, followers };
}
