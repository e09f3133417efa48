/**
 * The account at SES as far as the mailer needs it: how fast it may send, and whether it may send at all. Read every few
 * minutes, and before a send is tried again after a system error: unlike a mail, reading repeats without harm.
 */
import { GetAccountCommand, type GetAccountCommandOutput, type SESv2Client } from "@aws-sdk/client-sesv2";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { createRepeatedFailure } from "../../shared/process/repeated-failure.ts";
import { describeSystemError, type Operation, type SystemError } from "../../shared/process/system-error.ts";
import type { Logger } from "../../shared/process/logger.ts";
import type { SendRate } from "./send-rate.ts";

export interface MailAccount {
  /** Reads the account now and then. Does nothing when started before. */
  start(): void;
  /** @returns why no mail can be sent, as far as the account says; never rejects */
  trouble(): Promise<SystemError | undefined>;
  /** Safe to repeat. */
  stop(): void;
}

export interface MailAccountOptions {
  readonly ses: SESv2Client;
  readonly rate: SendRate;
  /** Mails a second, instead of what SES says. */
  readonly ratePerSecond?: number | undefined;
  /** Default: 3 minutes. */
  readonly everyMs?: number;
  readonly logger: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

const reading: Operation = { action: "ses:GetAccount", resource: "the account at SES", construct: "Roles/WorkerRole" };
const defaultEveryMs = 180_000;

/** @returns the error of an account that may not send at this time, in words */
export function pausedError(detail: string): SystemError {
  const { resource } = reading;
  return { kind: "rejected", action: "ses:SendBulkEmail", resource, message: `paused: ${detail}` };
}

function troubleOf({ SendingEnabled: enabled, SendQuota: quota = {} }: GetAccountCommandOutput) {
  if (enabled === false) return pausedError("sending is disabled for this account; see the console of SES");
  const { Max24HourSend: max = -1, SentLast24Hours: sent = 0 } = quota;
  // -1 is SES's word for no quota.
  if (max >= 0 && sent >= max) {
    return pausedError(`the quota of ${max} mails in 24 hours is used up; ask SES for a higher one if that lasts`);
  }
  return undefined;
}

export function createMailAccount(options: MailAccountOptions): MailAccount {
  const { ses, rate, ratePerSecond, everyMs = defaultEveryMs, logger, now } = options;
  const failure = createRepeatedFailure({
    logger,
    message: "the account at SES cannot be read; mails go on at the rate known so far",
    ...reading,
    now,
  });
  let timer: NodeJS.Timeout | undefined;

  async function read(): Promise<GetAccountCommandOutput> {
    const account = await ses.send(new GetAccountCommand({}));
    failure.succeeded();
    const { MaxSendRate: allowed } = account.SendQuota ?? {};
    if (ratePerSecond === undefined && allowed !== undefined && allowed > 0) rate.setLimit(allowed);
    return account;
  }

  return {
    start() {
      if (timer) return;
      const readNow = () => void read().catch((error: unknown) => failure.failed(error));
      timer = setInterval(readNow, everyMs);
      timer.unref();
      readNow();
    },
    async trouble() {
      try {
        return troubleOf(await read());
      } catch (error) {
        failure.failed(error);
        const kind = kindOf(error);
        // Whoever may not read the account may still be allowed to send.
        return kind === "unreachable" ? describeSystemError(kind, reading, error) : undefined;
      }
    },
    stop: () => clearInterval(timer),
  };
}
