/** Decides what becomes of a request for a mail, from what the tables hold. Pure: `mails-table.ts` reads and writes. */
import type { MailRequest } from "../../shared/mail/mail-pack.ts";
import { isTombstone, type TombstoneItem } from "../../shared/registration/tombstone.ts";
import type { MailOutcome } from "./mails-table.ts";

/** A registrations item as far as mails are concerned. */
export interface StandingRegistration {
  readonly email: string;
  readonly registrationId: string;
  readonly submittedAt: string;
  readonly language?: string;
}

/** What is known about a request. */
export interface MailFacts {
  /** It has a record: an earlier delivery decided. */
  readonly recorded: boolean;
  /** Under its address; undefined when there is nothing. */
  readonly item: StandingRegistration | TombstoneItem | undefined;
  /** The key of another mail of its kind that went to the address within a day. */
  readonly limitedBy: string | undefined;
  /** Another mail of its kind has the address's turn, and no record yet: it may still give the turn back. */
  readonly pending: boolean;
  /** It has the address's turn itself: an earlier delivery claimed it. */
  readonly holdsTurn: boolean;
}

export type MailVerdict =
  | { readonly kind: "done" }
  /** Not to be decided before another mail is. */
  | { readonly kind: "pending" }
  /** Not to be sent, for this reason. */
  | {
      readonly kind: "explained";
      readonly outcome: Exclude<MailOutcome, "sent">;
      readonly detail: string;
      /** As in the facts. */
      readonly holdsTurn: boolean;
    }
  | { readonly kind: "due"; readonly registration: StandingRegistration; readonly language: string | undefined };

/**
 * Reserved for documentation and tests (RFC 2606, RFC 6761): nobody reads mail there, and bounces would count against
 * the account.
 */
const reserved = /@(?:.+\.)?(?:example\.(?:com|net|org)|test|example|invalid|localhost)$/;

/** @returns whether an address, in key form, is at a reserved domain */
export function isReservedAddress(email: string): boolean {
  return reserved.test(email);
}

/** @param sendToReserved also to reserved domains: for an SES that is none */
export function decideMail(
  { kind, id, email, language }: MailRequest,
  { recorded, item, limitedBy, pending, holdsTurn }: MailFacts,
  sendToReserved: boolean,
): MailVerdict {
  if (recorded) return { kind: "done" };
  const explained = (outcome: Exclude<MailOutcome, "sent">, detail: string): MailVerdict => ({
    kind: "explained",
    outcome,
    detail,
    holdsTurn,
  });
  if (!item) return explained("obsolete", "there is no registration under the address");
  if (isTombstone(item)) return explained("obsolete", `the registration was ${item.tombstone}`);
  if (kind === "confirmed" && item.registrationId !== id) {
    return explained("obsolete", "another registration stands under the address");
  }
  if (!sendToReserved && isReservedAddress(email)) {
    return explained("rejected", "the domain is reserved for documentation and tests (RFC 2606, RFC 6761)");
  }
  if (limitedBy !== undefined) return explained("limited", `${limitedBy} went to the address within a day`);
  if (pending) return { kind: "pending" };
  // A second registration may be a stranger's, who has no say in how the owner is told.
  const chosen = kind === "already-registered" ? item.language : (language ?? item.language);
  return { kind: "due", registration: item, language: chosen };
}
