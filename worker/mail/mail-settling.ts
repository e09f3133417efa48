/**
 * The end of each mail of a delivery: a record, or unfinished. Counts what is in doubt, and gives back the turns of mails
 * that were never sent.
 */
import { mailKey, type MailRequest } from "../../shared/mail/mail-pack.ts";
import type { ExplainedMail } from "./mail-plan.ts";
import type { MailResult, MailsTable } from "./mails-table.ts";

/** A request that has no record yet. */
export interface UnfinishedMail {
  readonly request: MailRequest;
  /** `waits`: no time was left. `busy`: another delivery is sending it. `failed`: it was tried. */
  readonly why: "waits" | "busy" | "failed";
  /** For `failed`: what SES said. */
  readonly detail?: string;
  /** Sends of which it is not known whether they worked, in all. Default: none. */
  readonly doubts?: number;
}

/** Of one message. */
export interface Delivery {
  readonly token: string;
  /** On the sends' breaker's clock of closed time. */
  readonly deadline: number;
  readonly unfinished: UnfinishedMail[];
  /** Sends of which it is not known whether they worked. */
  readonly doubts: Map<MailRequest, number>;
}

/** A mail that is settled. */
export type Settled = readonly [request: MailRequest, result: Omit<MailResult, "id">];

export interface MailSettling {
  leave(delivery: Delivery, requests: Iterable<MailRequest>, why: UnfinishedMail["why"], detail?: string): void;
  /** Writes records; what cannot be written is unfinished. */
  record(delivery: Delivery, entries: readonly Settled[]): Promise<void>;
  /** Records why these are not sent. */
  explain(delivery: Delivery, explained: readonly ExplainedMail[]): Promise<void>;
  /** What was never sent shall not use up its address's day. @returns how many held a turn */
  freeTurns(delivery: Delivery, explained: readonly ExplainedMail[]): Promise<number>;
  /** It is not known whether the latest send of this one worked. */
  doubt(delivery: Delivery, request: MailRequest): void;
  /** Records what was in doubt so often that it is not sent again. @returns the others */
  settleDoubtful<T extends { readonly request: MailRequest }>(delivery: Delivery, entries: readonly T[]): Promise<T[]>;
}

/** The first send, and one more. */
const maxDoubts = 2;
/** It may have arrived. */
const doubtful: Omit<MailResult, "id"> = { outcome: "sent", detail: "SES did not say whether it was sent" };

/** @returns the result of a mail whose address's turn another one has. @param mail the key of that one */
export function limitedBy(mail: string): Omit<MailResult, "id"> {
  return { outcome: "limited", detail: `${mail} went to the address within a day` };
}

export function createMailSettling(table: Pick<MailsTable, "record" | "freeTurns">): MailSettling {
  const doubtsOf = ({ doubts }: Delivery, request: MailRequest) => doubts.get(request) ?? 0;

  function leave(
    delivery: Delivery,
    requests: Iterable<MailRequest>,
    why: UnfinishedMail["why"],
    detail?: string,
  ): void {
    for (const request of requests) {
      const doubts = doubtsOf(delivery, request);
      delivery.unfinished.push({ request, why, doubts, ...(detail !== undefined && { detail }) });
    }
  }

  async function record(delivery: Delivery, entries: readonly Settled[]): Promise<void> {
    if (entries.length === 0) return;
    const results = entries.map(([request, result]) => ({ id: mailKey(request), ...result }));
    // Whatever the deadline says: an unrecorded mail is sent twice.
    const written = await table.record(results, Infinity);
    leave(
      delivery,
      entries.filter((_, index) => !written[index]).map(([request]) => request),
      "busy",
    );
  }

  return {
    leave,
    record,
    explain: (delivery, explained) =>
      record(
        delivery,
        explained.map(([request, { outcome, detail }]) => [request, { outcome, detail }]),
      ),
    async freeTurns(delivery, explained) {
      const { token } = delivery;
      const held = explained.filter(([request, { holdsTurn }]) => holdsTurn && doubtsOf(delivery, request) === 0);
      await table.freeTurns(held.map(([request]) => ({ request, token })));
      return held.length;
    },
    doubt(delivery, request) {
      delivery.doubts.set(request, doubtsOf(delivery, request) + 1);
    },
    async settleDoubtful(delivery, entries) {
      const isOver = ({ request }: { readonly request: MailRequest }) => doubtsOf(delivery, request) >= maxDoubts;
      await record(
        delivery,
        entries.filter(isOver).map(({ request }) => [request, doubtful]),
      );
      return entries.filter((entry) => !isOver(entry));
    },
  };
}
