/**
 * Sends mails of one kind and language by one call of SES and says what became of each. It neither retries nor waits:
 * `mail-delivery.ts` does.
 *
 * A call can fail as a whole because of one destination. Then each is sent alone, as long as the caller allows. Whether a rejection concerns the
 * mail or the content, which all share, shows in whether the same content was ever accepted.
 */
import {
  SendBulkEmailCommand,
  type BulkEmailEntryResult,
  type BulkEmailStatus,
  type SESv2Client,
} from "@aws-sdk/client-sesv2";
import { kindOf } from "../../shared/aws/aws-error.ts";
import type { MailKind } from "../../shared/mail/mail-pack.ts";
import { withoutAddresses } from "../../shared/process/logger.ts";
import { describeSystemError, type Operation, type SystemError } from "../../shared/process/system-error.ts";
import { pausedError } from "./mail-account.ts";
import type { MailContents } from "./mail-content.ts";
import { encodeSender, parseSender } from "./mail-from.ts";

export interface Mail {
  readonly email: string;
  readonly link: string;
  /** Short name of the registration. */
  readonly reference: string;
}

export type SendResult =
  | { readonly kind: "sent"; readonly messageId: string | undefined }
  /** SES will never take it. */
  | { readonly kind: "rejected"; readonly detail: string }
  /** Not taken this time, for a reason of its own. */
  | { readonly kind: "failed"; readonly detail: string }
  /** Too fast; not sent. */
  | { readonly kind: "throttled" }
  /** No call was made for it. */
  | { readonly kind: "untried" }
  /** Nothing can be sent until somebody fixes it, or time does. `doubtful`: it may have been sent all the same. */
  | { readonly kind: "system"; readonly systemError: SystemError; readonly doubtful: boolean };

export interface MailSender {
  /**
   * @param mails 1 to 50, to different addresses
   * @param mayGoOn asked before each call after the first
   * @returns a result for each, in order; never rejects
   */
  send(
    kind: MailKind,
    language: string | undefined,
    mails: readonly Mail[],
    mayGoOn: () => boolean,
  ): Promise<SendResult[]>;
}

export interface MailSenderOptions {
  readonly ses: SESv2Client;
  /** `Name <a@b>` or an address. */
  readonly from: string;
  readonly configurationSet?: string | undefined;
  readonly contents: MailContents;
  /** Called per call with its number of mails. */
  readonly onCall: (mails: number) => void;
}

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html */
export const maxMailsPerCall = 50;

export const sendOperation: Operation = {
  action: "ses:SendBulkEmail",
  resource: "the identity of MAIL_FROM at SES",
  construct: "Roles/WorkerRole",
};
const maxDetailLength = 300;
const neverSent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EMFILE)$/;
const withoutConnection = /without establishing a connection/;

/** Statuses of one destination that are about the account, the stack or the program. */
const systemStatus: Partial<Record<BulkEmailStatus, SystemError>> = {
  ACCOUNT_SUSPENDED: pausedError("the account's ability to send was suspended; see the console of SES"),
  ACCOUNT_SENDING_PAUSED: pausedError("sending is paused for this account; see the console of SES"),
  ACCOUNT_DAILY_QUOTA_EXCEEDED: pausedError("the quota of mails in 24 hours is used up"),
  CONFIGURATION_SET_SENDING_PAUSED: pausedError("sending is paused for MAIL_CONFIGURATION_SET"),
  CONFIGURATION_SET_NOT_FOUND: pausedError("MAIL_CONFIGURATION_SET names none that exists"),
  INVALID_SENDING_POOL_NAME: pausedError("the configuration set names a pool of addresses that does not exist"),
  MAIL_FROM_DOMAIN_NOT_VERIFIED: pausedError("the MAIL FROM domain of MAIL_FROM's identity is not verified"),
  TEMPLATE_NOT_FOUND: pausedError("SES found no template in the call; this is an error in the program"),
};

/** Errors of a whole call with the same meanings. */
const systemError: Partial<Record<string, SystemError>> = {
  AccountSuspendedException: systemStatus.ACCOUNT_SUSPENDED,
  SendingPausedException: systemStatus.ACCOUNT_SENDING_PAUSED,
  LimitExceededException: systemStatus.ACCOUNT_DAILY_QUOTA_EXCEEDED,
  MailFromDomainNotVerifiedException: systemStatus.MAIL_FROM_DOMAIN_NOT_VERIFIED,
};

/** Without addresses and line ends, and short. */
function detailOf(name: string, message: string): string {
  return withoutAddresses(`${name}: ${message}`)
    .replaceAll(/[^\x20-\x7e]/g, " ")
    .slice(0, maxDetailLength);
}

/** @returns whether a mail may have been sent although the call failed */
function isDoubtful(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    const { code, $metadata } = current as { code?: unknown; $metadata?: { httpStatusCode?: number } };
    // SES answered that it failed.
    if ($metadata?.httpStatusCode !== undefined) return false;
    if (typeof code === "string" && neverSent.test(code)) return false;
    if (withoutConnection.test(current.message)) return false;
  }
  return true;
}

export function createMailSender(options: MailSenderOptions): MailSender {
  const { ses, from, configurationSet, contents, onCall } = options;
  /** Kinds and languages whose content SES has accepted. */
  const accepted = new Set<string>();
  const sender = encodeSender(from);
  const { address } = parseSender(from);

  /** An identity that is not verified is told in the same words as an address that the sandbox does not allow. */
  function isAboutSender(message: string): boolean {
    return message
      .toLowerCase()
      .split(/[\s<>,;:]+/)
      .includes(address.toLowerCase());
  }

  function command(kind: MailKind, language: string | undefined, mails: readonly Mail[]): SendBulkEmailCommand {
    const { subject, text, html, headers, attachments } = contents.contentOf(kind, language);
    return new SendBulkEmailCommand({
      FromEmailAddress: sender,
      ...(configurationSet !== undefined && { ConfigurationSetName: configurationSet }),
      DefaultEmailTags: [{ Name: "kind", Value: kind }],
      DefaultContent: {
        Template: {
          TemplateContent: { Subject: subject, Text: text, Html: html },
          TemplateData: "{}",
          Headers: headers.map(({ name, value }) => ({ Name: name, Value: value })),
          ...(attachments.length > 0 && {
            Attachments: attachments.map(({ fileName, contentType, bytes }) => ({
              FileName: fileName,
              ContentType: contentType,
              ContentDisposition: "ATTACHMENT",
              RawContent: bytes,
            })),
          }),
        },
      },
      BulkEmailEntries: mails.map(({ email, link, reference }) => ({
        Destination: { ToAddresses: [email] },
        ReplacementEmailContent: {
          ReplacementTemplate: { ReplacementTemplateData: JSON.stringify({ link, reference }) },
        },
      })),
    });
  }

  function ofEntry(entry: BulkEmailEntryResult | undefined): SendResult {
    const { Status: status, Error: message = "", MessageId: messageId } = entry ?? {};
    if (status === "SUCCESS") return { kind: "sent", messageId };
    if (status === undefined) return { kind: "failed", detail: "SES gave no status" };
    if (status === "ACCOUNT_THROTTLED") return { kind: "throttled" };
    const system = systemStatus[status];
    if (system) return { kind: "system", systemError: system, doubtful: false };
    if (status === "MESSAGE_REJECTED" && isAboutSender(message)) return unverifiedSender(message);
    const detail = detailOf(status, message);
    const isFinal = status === "MESSAGE_REJECTED" || status === "INVALID_PARAMETER";
    return { kind: isFinal ? "rejected" : "failed", detail };
  }

  function unverifiedSender(message: string): SendResult {
    const refused = pausedError(`SES does not accept MAIL_FROM (${withoutAddresses(message)})`);
    return { kind: "system", systemError: refused, doubtful: false };
  }

  function ofError(error: Error): SendResult {
    const system = systemError[error.name];
    if (system) return { kind: "system", systemError: system, doubtful: false };
    const kind = kindOf(error);
    if (kind === "throttled") {
      const isQuota = /daily|24.hour|quota/i.test(error.message);
      const quota = systemStatus.ACCOUNT_DAILY_QUOTA_EXCEEDED;
      return isQuota && quota ? { kind: "system", systemError: quota, doubtful: false } : { kind: "throttled" };
    }
    if (kind !== "rejected") {
      const doubtful = kind === "unreachable" && isDoubtful(error);
      return { kind: "system", systemError: describeSystemError(kind, sendOperation, error), doubtful };
    }
    if (isAboutSender(error.message)) return unverifiedSender(error.message);
    return { kind: "rejected", detail: detailOf(error.name, error.message) };
  }

  async function call(
    kind: MailKind,
    language: string | undefined,
    mails: readonly Mail[],
  ): Promise<SendResult[] | SendResult> {
    onCall(mails.length);
    try {
      const { BulkEmailEntryResults: entries = [] } = await ses.send(command(kind, language, mails));
      return mails.map((_, index) => ofEntry(entries[index]));
    } catch (error) {
      return ofError(error as Error);
    }
  }

  return {
    async send(kind, language, mails, mayGoOn) {
      const contentKey = `${kind}/${language ?? ""}`;
      const whole = await call(kind, language, mails);
      let results: SendResult[];
      if (Array.isArray(whole)) results = whole;
      else if (whole.kind !== "rejected") return mails.map(() => whole);
      else {
        results = [];
        for (const mail of mails) {
          const before = results.at(-1);
          if (mails.length === 1) results.push(whole);
          else if (before?.kind === "throttled") results.push(before);
          // What SES never heard of is not in doubt.
          else if (before?.kind === "system") results.push({ ...before, doubtful: false });
          else if (!mayGoOn()) results.push({ kind: "untried" });
          else {
            // Sequentially, so that one call never becomes 50 at once.
            // oxlint-disable-next-line no-await-in-loop
            const alone = await call(kind, language, [mail]);
            results.push(Array.isArray(alone) ? (alone[0] ?? whole) : alone);
          }
        }
      }
      if (results.some((result) => result.kind === "sent")) accepted.add(contentKey);
      // Refused as a whole, and nothing of the kind was ever accepted: perhaps not the address but the content.
      if (Array.isArray(whole) || accepted.has(contentKey)) return results;
      return results.map((result) => (result.kind === "rejected" ? { kind: "failed", detail: result.detail } : result));
    },
  };
}
