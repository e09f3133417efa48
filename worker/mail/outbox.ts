/**
 * Puts requests for mails on the mail queue, before their registrations' messages are deleted: a crash repeats a
 * request, nothing forgets it. Merges the requests of all messages in process into mail packs.
 *
 *     post ──► pack being filled ──► ready packs ──► at most `maxSendsInFlight` sends ──► confirmed
 *              full, or `gatherMs` old                  ▲    │ system error: back to the head,
 *                                                       └────┘ held by the breaker
 *
 * Unlike the web tier's group commit it waits a little: nobody waits for an answer, and fuller packs save CPU. A post
 * has one promise, whatever it holds. While the breaker is open, packs are held and deadlines stand still.
 *
 * A pack has nothing that SQS could refuse for its content: addresses and ids are ASCII, sizes are kept. So a rejection
 * also counts as a system error: it holds the packs instead of dead-lettering registrations.
 */
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { kindOf } from "../../shared/aws/aws-error.ts";
import {
  encodeMailRequest,
  joinMailPack,
  maxMailPackBytes,
  maxMailsPerPack,
  type MailRequest,
} from "../../shared/mail/mail-pack.ts";
import { describeSystemError, type Operation } from "../../shared/process/system-error.ts";
import { traceAttributes } from "../../shared/tracing/message-traces.ts";
import { inSpan, type Span } from "../../shared/tracing/tracing.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { WorkerTraces } from "../worker-traces.ts";

export interface Outbox {
  /**
   * @param requests any number
   * @param deadline on the clock of `now`; time with an open breaker does not count
   * @returns true when SQS has confirmed every pack that holds one of them; false when not in time or when the process
   *   stops. Never rejects.
   */
  post(requests: readonly MailRequest[], deadline: number): Promise<boolean>;
  /** Requests without a confirmation. */
  waiting(): number;
  /** Stops waiting: what can be sent at once is sent, what is held is given up. Safe to repeat. */
  close(): void;
}

export interface OutboxOptions {
  readonly sqs: SQSClient;
  readonly mailQueueUrl: string;
  readonly breaker: CircuitBreaker;
  /** Default: 4. */
  readonly maxSendsInFlight?: number;
  /** How long a pack is filled at most. Default: 40. */
  readonly gatherMs?: number;
  /** Default: nothing is traced. */
  readonly traces?: Pick<WorkerTraces, "current" | "sending"> | undefined;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Called per confirmed pack with its number of requests. */
  readonly onPosted: (requests: number) => void;
}

/** One call of `post`. */
interface Post {
  /** On the breaker's clock of closed time. */
  readonly deadline: number;
  /** Packs without a result that hold one of its requests. */
  open: number;
  confirmed: boolean;
  readonly settled: PromiseWithResolvers<boolean>;
}

interface Pack {
  readonly encoded: string[];
  bytes: number;
  readonly posts: Post[];
  /** Of its posts that are traced. */
  readonly spans: Span[];
}

const defaultSendsInFlight = 4;
const defaultGatherMs = 40;

function settle({ posts }: Pack, confirmed: boolean): void {
  for (const post of posts) {
    post.open -= 1;
    post.confirmed &&= confirmed;
    if (post.open === 0) post.settled.resolve(post.confirmed);
  }
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { sqs, mailQueueUrl, breaker, traces, now, onPosted } = options;
  const { maxSendsInFlight = defaultSendsInFlight, gatherMs = defaultGatherMs } = options;
  const sending: Operation = { action: "sqs:SendMessage", resource: mailQueueUrl, construct: "Roles/WorkerRole" };
  let filling: Pack | undefined;
  let gathering: NodeJS.Timeout | undefined;
  const ready: Pack[] = [];
  let waiting = 0;
  let sendsInFlight = 0;
  let waitingForBreaker = false;
  let closed = false;

  function finishFilling(): void {
    clearTimeout(gathering);
    gathering = undefined;
    if (filling) ready.push(filling);
    filling = undefined;
  }

  /** @returns the pack that takes so many more bytes */
  function packFor(bytes: number): Pack {
    if (filling && (filling.encoded.length === maxMailsPerPack || filling.bytes + bytes > maxMailPackBytes)) {
      finishFilling();
    }
    if (!filling) {
      filling = { encoded: [], bytes: 0, posts: [], spans: [] };
      gathering = setTimeout(() => {
        finishFilling();
        pump();
      }, gatherMs);
    }
    return filling;
  }

  function pump(): void {
    while (ready.length > 0 && sendsInFlight < maxSendsInFlight) {
      if (!breaker.admit()) return hold();
      const pack = takePack();
      // The last ones had expired: the circuit is closed, so no probe is owed.
      if (!pack) return;
      void send(pack);
    }
  }

  /** @returns the next pack for which somebody still waits */
  function takePack(): Pack | undefined {
    // The probe never expires: without it the circuit could not close.
    const time = breaker.state === "closed" ? breaker.closedMs() : -Infinity;
    for (let pack = ready.shift(); pack; pack = ready.shift()) {
      if (pack.posts.some(({ deadline }) => deadline > time)) return pack;
      giveUp(pack);
    }
    return undefined;
  }

  function giveUp(pack: Pack): void {
    waiting -= pack.encoded.length;
    settle(pack, false);
  }

  /** The breaker is open: keep the packs until a send may be tried. */
  function hold(): void {
    if (closed) {
      for (const pack of ready.splice(0)) giveUp(pack);
      return;
    }
    if (waitingForBreaker) return;
    waitingForBreaker = true;
    void breaker.untilWorthTrying().then(() => {
      waitingForBreaker = false;
      pump();
    });
  }

  async function send(pack: Pack): Promise<void> {
    sendsInFlight += 1;
    const { encoded, spans } = pack;
    const span = spans.length > 0 ? traces?.sending(spans, mailQueueUrl, encoded.length) : undefined;
    const message = {
      QueueUrl: mailQueueUrl,
      MessageBody: joinMailPack(encoded),
      ...(span && { MessageAttributes: traceAttributes(span) }),
    };
    try {
      await inSpan(span, () => sqs.send(new SendMessageCommand(message)));
      breaker.succeeded();
      waiting -= pack.encoded.length;
      onPosted(pack.encoded.length);
      settle(pack, true);
    } catch (error) {
      breaker.failed(describeSystemError(kindOf(error), sending, error));
      ready.unshift(pack);
    }
    sendsInFlight -= 1;
    pump();
  }

  return {
    post(requests, deadline) {
      if (requests.length === 0) return Promise.resolve(true);
      if (closed && breaker.state !== "closed") return Promise.resolve(false);
      const post: Post = {
        deadline: breaker.closedMs() + (deadline - now()),
        open: 0,
        confirmed: true,
        settled: Promise.withResolvers<boolean>(),
      };
      const span = traces?.current();
      for (const request of requests) {
        const encoded = encodeMailRequest(request);
        // In ASCII a character is a byte; one more for the comma.
        const bytes = encoded.length + 1;
        const pack = packFor(bytes);
        if (pack.posts.at(-1) !== post) {
          pack.posts.push(post);
          if (span) pack.spans.push(span);
          post.open += 1;
        }
        pack.encoded.push(encoded);
        pack.bytes += bytes;
      }
      waiting += requests.length;
      if (closed || filling?.encoded.length === maxMailsPerPack) finishFilling();
      pump();
      return post.settled.promise;
    },
    waiting: () => waiting,
    close() {
      closed = true;
      finishFilling();
      if (breaker.state !== "closed") hold();
      pump();
    },
  };
}
