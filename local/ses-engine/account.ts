/**
 * The account at the embedded SES: what it may send and how fast, and the troubles that a test gives it. It throws in place
 * of a whole call and says the status of one destination; it keeps no mail.
 */
import { Type, type Static } from "typebox";
import { SesError } from "./ses-error.ts";

/** Statuses of one destination (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BulkEmailEntryResult.html). */
const entryStatuses = [
  "ACCOUNT_DAILY_QUOTA_EXCEEDED",
  "ACCOUNT_SENDING_PAUSED",
  "ACCOUNT_SUSPENDED",
  "ACCOUNT_THROTTLED",
  "CONFIGURATION_SET_NOT_FOUND",
  "CONFIGURATION_SET_SENDING_PAUSED",
  "FAILED",
  "INVALID_PARAMETER",
  "INVALID_SENDING_POOL_NAME",
  "MAIL_FROM_DOMAIN_NOT_VERIFIED",
  "MESSAGE_REJECTED",
  "SUCCESS",
  "TEMPLATE_NOT_FOUND",
  "TRANSIENT_FAILURE",
] as const;
export type EntryStatus = (typeof entryStatuses)[number];

/** What `POST /control` sets; what is left out stays as it is. */
export const AccountSettings = Type.Object(
  {
    /**
     * `ok`; `throttle`: every send is answered TooManyRequestsException; `paused`, `suspended`: the account may not send;
     * `error`: every call is answered InternalServiceErrorException; `down`: every connection is cut without an answer.
     */
    mode: Type.Enum(["ok", "throttle", "paused", "suspended", "error", "down"]),
    /** Recipients per second. */
    maxSendRate: Type.Number({ exclusiveMinimum: 0 }),
    /** Recipients in 24 hours; -1 without a limit. */
    max24HourSend: Type.Number({ minimum: -1 }),
    /** False for an account in the sandbox, which sends to verified addresses only. */
    productionAccess: Type.Boolean(),
    /** Verified addresses and domains, in lower case; null when all are. */
    verified: Type.Union([Type.Array(Type.String()), Type.Null()]),
    /** The status of mails to single addresses, in lower case, whatever else holds; `*` for all others. */
    statuses: Type.Record(Type.String(), Type.Enum([...entryStatuses])),
  },
  { additionalProperties: false },
);

export type AccountSettings = Readonly<Static<typeof AccountSettings>>;

export const defaultSettings: AccountSettings = {
  mode: "ok",
  maxSendRate: 1_000,
  max24HourSend: -1,
  productionAccess: true,
  verified: null,
  statuses: {},
};

export interface AccountCounts {
  /** Calls that send, whatever became of them. */
  readonly calls: number;
  /** Those answered TooManyRequestsException. */
  readonly throttled: number;
  readonly sentLast24Hours: number;
}

export interface EntryVerdict {
  readonly status: EntryStatus;
  readonly error?: string;
}

export interface Account {
  readonly settings: AccountSettings;
  readonly counts: AccountCounts;
  change(changes: Partial<AccountSettings>): void;
  /**
   * For a call that sends, before anything else.
   * @param from address without display name
   * @throws SesError when nothing of it is sent
   */
  admit(from: string, recipients: number): void;
  /** @param to addresses of one destination. Counts them when they may be sent to */
  check(to: readonly string[]): EntryVerdict;
  isVerified(identity: string): boolean;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Whoever sends at exactly the allowed rate is not throttled because a call took a little less time than the one before. */
const burst = 1.1;

/** @param now milliseconds since the epoch */
export function createAccount(now: () => number, initial: Partial<AccountSettings> = {}): Account {
  let settings: AccountSettings = { ...defaultSettings, ...initial };
  let calls = 0;
  let throttled = 0;
  let tokens = settings.maxSendRate * burst;
  let filledAt = now();
  /** Recipients by minute, oldest first. */
  const sent: { readonly minute: number; recipients: number }[] = [];

  function throttle(message: string): never {
    throttled += 1;
    throw new SesError("TooManyRequestsException", message);
  }

  /** A call for more than a second's worth is let in when the bucket is full, and then paid off. */
  function takeTokens(recipients: number): void {
    const { maxSendRate } = settings;
    const at = now();
    tokens = Math.min(maxSendRate * burst, tokens + ((at - filledAt) / 1_000) * maxSendRate);
    filledAt = at;
    if (tokens < Math.min(recipients, maxSendRate)) throttle("Maximum sending rate exceeded.");
    tokens -= recipients;
  }

  function sentLast24Hours(): number {
    const since = now() - dayMs;
    while (sent[0] !== undefined && (sent[0].minute + 1) * minuteMs <= since) sent.shift();
    return sent.reduce((sum, { recipients }) => sum + recipients, 0);
  }

  function count(recipients: number): void {
    const minute = Math.floor(now() / minuteMs);
    const last = sent.at(-1);
    if (last?.minute === minute) last.recipients += recipients;
    else sent.push({ minute, recipients });
  }

  function isVerified(identity: string): boolean {
    const { verified } = settings;
    const name = identity.toLowerCase();
    return verified === null || verified.includes(name) || verified.includes(name.slice(name.lastIndexOf("@") + 1));
  }

  function notVerified(address: string): string {
    return `Email address is not verified. The following identities failed the check: ${address}`;
  }

  return {
    isVerified,
    get settings() {
      return settings;
    },
    get counts() {
      return { calls, throttled, sentLast24Hours: sentLast24Hours() };
    },
    change(changes) {
      settings = { ...settings, ...changes };
      if (changes.maxSendRate !== undefined) {
        tokens = changes.maxSendRate * burst;
        filledAt = now();
      }
    },
    admit(from, recipients) {
      calls += 1;
      switch (settings.mode) {
        case "throttle":
          return throttle("Maximum sending rate exceeded.");
        case "paused":
          throw new SesError("SendingPausedException", "Email sending is disabled for this account.");
        case "suspended":
          throw new SesError("AccountSuspendedException", "The account's ability to send email is suspended.");
        case "error":
        case "down":
        case "ok":
          break;
      }
      if (!isVerified(from)) throw new SesError("MessageRejected", notVerified(from));
      takeTokens(recipients);
    },
    check(to) {
      const { statuses, productionAccess, max24HourSend } = settings;
      const given = to.map((address) => statuses[address.toLowerCase()]).find((status) => status !== undefined);
      const status = given ?? statuses["*"];
      if (status !== undefined && status !== "SUCCESS") return { status, error: `${status}, as /control says` };
      const unverified = productionAccess ? undefined : to.find((address) => !isVerified(address));
      if (unverified !== undefined) return { status: "MESSAGE_REJECTED", error: notVerified(unverified) };
      if (max24HourSend >= 0 && sentLast24Hours() + to.length > max24HourSend) {
        return { status: "ACCOUNT_DAILY_QUOTA_EXCEEDED", error: "Daily message quota exceeded." };
      }
      count(to.length);
      return { status: "SUCCESS" };
    },
  };
}
