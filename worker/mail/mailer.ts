/**
 * Processes the messages of the mail queue: opens the mail pack, has its mails delivered, and puts what is unfinished on the
 * queue again. So a message is deleted after one receive, however slow the rate is, and its receive count says what it
 * says elsewhere: that a worker crashed.
 *
 * Messages that are no mail packs, or hold entries that are none, are left to the queue's own redrive.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { TurnoutError } from "../../shared/errors.ts";
import { decodeMailPack, mailKey } from "../../shared/mail/mail-pack.ts";
import type { Logger } from "../../shared/process/logger.ts";
import type { Disposition } from "../drain.ts";
import type { MailDelivery } from "./mail-delivery.ts";
import { historyOf, type MailRepost } from "./mail-repost.ts";
import type { UnfinishedMail } from "./mail-settling.ts";
import type { MailsTable } from "./mails-table.ts";

export interface Mailer {
  /**
   * @returns whether every request has a record or is on the queue again, or how long to leave the message to workers
   *   of another version; never rejects because of the message
   */
  process(message: Message): Promise<Disposition>;
}

export interface MailerOptions {
  readonly delivery: MailDelivery;
  readonly table: Pick<MailsTable, "record" | "freeTurns">;
  readonly repost: MailRepost;
  /** @returns seconds to hide a pack of another version after so many receives; undefined when no longer */
  readonly hideSecondsAfter: (receives: number) => number | undefined;
  /** How long one message is worked on. */
  readonly deadlineMs: number;
  /** When the claim of another delivery has run out. */
  readonly busySeconds: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Called with the number of entries that are no requests, 1 for a message that is no pack. */
  readonly onInvalid: (entries: number) => void;
  /** Called with the number of requests that were put on the queue again. */
  readonly onReposted: (requests: number) => void;
}

/** Over about four hours. */
const maxTries = 20;
const firstDelaySeconds = 30;
/** Time to put back what a message leaves. */
const repostMs = 10_000;

export function createMailer(options: MailerOptions): Mailer {
  const { delivery, table, repost, hideSecondsAfter, deadlineMs, busySeconds, now, logger } = options;
  const { onInvalid, onReposted } = options;

  /** @returns whether it is recorded that these will not be tried again */
  async function giveUp(failed: readonly UnfinishedMail[], deadline: number): Promise<boolean> {
    const results = failed.map(({ request, detail = "" }) => ({
      id: mailKey(request),
      outcome: "rejected" as const,
      detail: `given up after many tries: ${detail}`,
    }));
    // Of a turn no delivery has a lease by now, so no token is needed.
    const unsent = failed.filter(({ doubts = 0 }) => doubts === 0);
    await table.freeTurns(unsent.map(({ request }) => ({ request, token: "" })));
    return (await table.record(results, deadline)).every(Boolean);
  }

  /** @returns whether all of it is recorded or on the queue again */
  async function putBack(unfinished: readonly UnfinishedMail[], tries: number): Promise<boolean> {
    const deadline = now() + repostMs;
    const isLast = tries + 1 >= maxTries;
    const of = (why: UnfinishedMail["why"]) => unfinished.filter((one) => one.why === why);
    const post = async (some: readonly UnfinishedMail[], triesNow: number, delaySeconds: number) => {
      if (some.length === 0) return true;
      const byDoubts = Map.groupBy(some, ({ doubts = 0 }) => doubts);
      const posted = await Promise.all(
        Array.from(byDoubts, ([doubts, alike]) =>
          repost.post(
            alike.map(({ request }) => request),
            { tries: triesNow, doubts },
            delaySeconds,
            deadline,
          ),
        ),
      );
      if (!posted.every(Boolean)) return false;
      onReposted(some.length);
      return true;
    };
    const failed = of("failed");
    const put = await Promise.all([
      post(of("waits"), tries, 0),
      post(of("busy"), tries, busySeconds),
      isLast ? giveUp(failed, deadline) : post(failed, tries + 1, firstDelaySeconds * 2 ** tries),
    ]);
    return put.every(Boolean);
  }

  return {
    async process(message) {
      const receives = Number(message.Attributes?.ApproximateReceiveCount ?? 1);
      const deadline = now() + deadlineMs;
      let pack;
      try {
        pack = decodeMailPack(message.Body ?? "");
      } catch (error) {
        if (!(error instanceof TurnoutError)) throw error;
        const isOther = error.code === "TURNOUT_PACK_VERSION_UNSUPPORTED";
        const hideSeconds = isOther ? hideSecondsAfter(receives) : undefined;
        if (hideSeconds !== undefined) return { hideSeconds };
        onInvalid(1);
        logger.error(
          { err: error, receives },
          "a message of the mail queue is no mail pack; it is left to its redrive",
        );
        return false;
      }
      const { requests, invalid } = pack;
      if (invalid > 0) {
        onInvalid(invalid);
        logger.error({ invalid, receives }, "a mail pack holds what is no request; it is left to its redrive");
      }
      const { tries, doubts } = historyOf(message);
      const unfinished = await delivery.deliver(requests, deadline, doubts);
      const put = unfinished.length === 0 || (await putBack(unfinished, tries));
      return put && invalid === 0;
    },
  };
}
