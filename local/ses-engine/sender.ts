/**
 * Sends as SES does: decides about the call, then about each of its destinations, and puts what it takes into the mailbox.
 * The addresses of the mailbox simulator behave as documented
 * (https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html).
 */
import { emailPattern, maxEmailLength } from "../../shared/registration/email-address.ts";
import type { Account, EntryStatus } from "./account.ts";
import type { Mailbox } from "./mailbox.ts";
import { renderingFailure, type Values } from "./placeholders.ts";
import type { OutgoingCall, OutgoingEntry } from "./send-request.ts";
import type { Delivery, MailContent, SentMail } from "./sent-mail.ts";
import { SesError } from "./ses-error.ts";

export interface EntryResult {
  readonly Status: EntryStatus;
  readonly Error?: string;
  readonly MessageId?: string;
}

export interface Sender {
  /**
   * @returns one result per entry, in their order
   * @throws SesError when nothing of the call was sent
   */
  send(call: OutgoingCall): EntryResult[];
}

export interface SenderOptions {
  readonly account: Account;
  readonly mailbox: Mailbox;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newMessageId: () => string;
}

const simulated: Readonly<Record<string, readonly [Delivery, string]>> = {
  "bounce@simulator.amazonses.com": ["bounced", "550 5.1.1: the mailbox does not exist."],
  "complaint@simulator.amazonses.com": ["complained", "The recipient marked it as spam."],
  "suppressionlist@simulator.amazonses.com": ["suppressed", "The address is on the suppression list."],
};

const destinationPattern = new RegExp(emailPattern);
/** A sender's domain may be this machine. SES takes other characters in a display name only as encoded words. */
const senderPattern = /^[ -~]*$/;
const senderAddress = /^[^\s@<>]+@[a-z0-9.-]+$/i;

/** @returns the address of `Name <address>` */
function bareAddress(given: string): string {
  return /^[^<>]*<([^<>]*)>$/.exec(given.trim())?.[1]?.trim() ?? given.trim();
}

function isDestination(address: string): boolean {
  return address.length <= maxEmailLength && destinationPattern.test(address.toLowerCase());
}

function readSender(from: string): string {
  const address = bareAddress(from);
  if (senderPattern.test(from) && senderAddress.test(address)) return address;
  throw new SesError("BadRequestException", `Illegal address in FromEmailAddress: ${from}`);
}

function outcomeOf(to: readonly string[], content: MailContent, values: Values): [Delivery, string?] {
  const { subject, text = "", html = "", literal } = content;
  const failure = literal ? undefined : renderingFailure([subject, text, html], values);
  if (failure !== undefined) return ["not rendered", failure];
  const special = to.map((address) => simulated[address.toLowerCase()]).find((found) => found !== undefined);
  return special === undefined ? ["delivered"] : [special[0], special[1]];
}

export function createSender({ account, mailbox, now, newMessageId }: SenderOptions): Sender {
  function sendEntry(call: OutgoingCall, entry: OutgoingEntry, taken: SentMail[]): EntryResult {
    const to = entry.to.map(bareAddress);
    if (to.length === 0) return { Status: "INVALID_PARAMETER", Error: "The destination has no address." };
    if (entry.values === undefined)
      return { Status: "INVALID_PARAMETER", Error: "The template data is no JSON object." };
    const illegal = to.find((address) => !isDestination(address));
    if (illegal !== undefined) return { Status: "INVALID_PARAMETER", Error: `Illegal address: ${illegal}` };
    const { status, error } = account.check(to);
    if (status !== "SUCCESS") return { Status: status, ...(error !== undefined && { Error: error }) };
    const messageId = newMessageId();
    const { from, replyTo, content } = call;
    const [delivery, problem] = outcomeOf(to, content, entry.values);
    taken.push({
      messageId,
      at: new Date(now()),
      from,
      to,
      replyTo,
      content,
      values: entry.values,
      headers: entry.headers,
      delivery,
      ...(problem !== undefined && { problem }),
    });
    return { Status: "SUCCESS", MessageId: messageId };
  }

  return {
    send(call) {
      const recipients = call.entries.reduce((sum, { to }) => sum + Math.max(1, to.length), 0);
      account.admit(readSender(call.from), recipients);
      const taken: SentMail[] = [];
      const results = call.entries.map((entry) => sendEntry(call, entry, taken));
      if (taken.length > 0) mailbox.add(call.content, taken);
      return results;
    },
  };
}
