/**
 * Drains a queue: several pollers (sqs-consumer) long-poll it, pass each message on and delete those that are finished.
 * One drain for registrations, one for dead letters.
 *
 * A poller waits before each receive until everything a message needs works, so a system error costs no receive. This
 * is also the back-off that sqs-consumer lacks: it would poll hundreds of times a second while SQS fails.
 *
 * Deletes are done here, since sqs-consumer drops failed ones: a finished message that keeps coming back would be
 * dead-lettered by its receive count. Instead it is kept hidden until it can be deleted.
 *
 * Messages left to other versions are hidden only after their batch is finished, since sqs-consumer's heartbeat resets
 * the visibility of the whole batch.
 */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { kindOf } from "../shared/aws/aws-error.ts";
import type { Logger } from "../shared/process/logger.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { createRetryingCaller } from "./retrying-caller.ts";
import { describeSystemError, type Operation } from "../shared/process/system-error.ts";

export interface Drain {
  /** Starts polling. Does nothing when started or stopped before. */
  start(): void;
  /**
   * Stops receiving; resolves when all received messages are processed and, if finished, deleted. Long polls are not
   * aborted, since an aborted one may lose messages until they time out. Safe to repeat.
   */
  stop(): Promise<void>;
  /** From now on failed deletes are not retried. Safe to repeat. */
  letGo(): void;
  /** Milliseconds since SQS last answered a receive, empty or not. */
  sinceLastReceiveMs(): number;
  /** Messages received and neither deleted nor given back. */
  heldMessages(): number;
}

/** Delete the message, leave it to redelivery, or hide it for longer. */
export type Disposition = boolean | { readonly hideSeconds: number };

interface Hidden {
  readonly message: Message;
  readonly seconds: number;
}

export interface DrainOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Concurrent long polls, each for up to 10 messages. */
  readonly pollers: number;
  readonly receiveWaitSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  readonly stopDeadlineSeconds: number;
  /** @returns whether the message is finished; otherwise whether to hide it for a while */
  readonly process: (message: Message) => Promise<Disposition>;
  /** Opened by failed receives. */
  readonly receiveBreaker: CircuitBreaker;
  /** Opened by failed deletes. Separate, since successful receives would close it. */
  readonly deleteBreaker: CircuitBreaker;
  /** The other dependencies of a message; nothing is received while one is open. */
  readonly neededBreakers: readonly CircuitBreaker[];
  readonly logger: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Called with the number of deleted messages. */
  readonly onDeleted?: (messages: number) => void;
  /** Called per failed delete or heartbeat: the message may be redelivered. */
  readonly onDeleteFailed: () => void;
}

/** Ends the wait of a poller when the drain stops; sqs-consumer reports it as an error. */
class DrainStopping extends Error {}

/** HTTP 200, but nothing was deleted: counts as a system error. */
class DeletesFailed extends Error {}

export function createDrain(options: DrainOptions): Drain {
  const { sqs, queueUrl, process, receiveBreaker, deleteBreaker, logger, now, onDeleteFailed } = options;
  const construct = "Roles/WorkerRole";
  const receiving: Operation = { action: "sqs:ReceiveMessage", resource: queueUrl, construct };
  const deleting: Operation = { action: "sqs:DeleteMessage", resource: queueUrl, construct };
  const deleteCaller = createRetryingCaller(deleteBreaker);
  const neededBreakers = [...options.neededBreakers, deleteBreaker];
  let lastReceiveAt = now();
  let held = 0;
  let started = false;
  /** Tracked so that a stop can wait for them. */
  const hidings = new Set<Promise<void>>();
  const stopAsked = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;

  /* oxlint-disable no-await-in-loop */
  async function waitForBreakers(): Promise<void> {
    for (;;) {
      if (stopping) throw new DrainStopping();
      const broken = neededBreakers.find((breaker) => breaker.state !== "closed");
      if (!broken && receiveBreaker.admit()) return;
      const hope = broken ? broken.untilClosed() : receiveBreaker.untilWorthTrying();
      await Promise.race([hope, stopAsked.promise]);
    }
  }
  /* oxlint-enable no-await-in-loop */

  async function received(): Promise<void> {
    lastReceiveAt = now();
    receiveBreaker.succeeded();
  }

  /** Never rejects: one bad message must not affect the others of its batch. */
  async function processOne(message: Message): Promise<Disposition> {
    try {
      return await process(message);
    } catch (error) {
      logger.error({ err: error }, "a message could not be processed; it stays on the queue");
      return false;
    }
  }

  /** Tried once: on failure the message only comes back sooner. Never rejects. */
  async function hideAll(messages: readonly Hidden[]): Promise<void> {
    try {
      const { Failed: failed = [] } = await sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: messages.map(({ message, seconds }, index) => ({
            Id: String(index),
            ReceiptHandle: message.ReceiptHandle,
            VisibilityTimeout: seconds,
          })),
        }),
      );
      for (const _ of failed) onDeleteFailed();
    } catch (error) {
      onDeleteFailed();
      logger.warn(
        { err: error, messages: messages.length },
        "messages could not be hidden; they are redelivered sooner",
      );
    }
  }

  /**
   * @returns messages that SQS failed to delete; those it rejects are dropped
   * @throws the call's error
   */
  async function deleteBatch(messages: readonly Message[]): Promise<Message[]> {
    const { Failed: failed = [] } = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages.map(({ ReceiptHandle: handle }, index) => ({ Id: String(index), ReceiptHandle: handle })),
      }),
    );
    options.onDeleted?.(messages.length - failed.length);
    for (const { Code: code, SenderFault: rejected } of failed) {
      onDeleteFailed();
      if (rejected) logger.warn({ code }, "a finished message could not be deleted; a redelivery is harmless");
    }
    return failed.filter(({ SenderFault: rejected }) => !rejected).flatMap(({ Id: id }) => messages[Number(id)] ?? []);
  }

  /** Waits while deletes fail. The poller's heartbeat keeps the messages hidden meanwhile. */
  async function deleteAll(messages: readonly Message[]): Promise<void> {
    let left = messages;
    async function deleteWhatIsLeft(): Promise<void> {
      while (left.length > 0) {
        // A round without progress counts as an error, which the breaker waits out.
        // oxlint-disable-next-line no-await-in-loop
        const failed = await deleteBatch(left);
        if (failed.length === left.length)
          throw new DeletesFailed("SQS answered that no entry of the batch was deleted");
        left = failed;
      }
    }
    if (messages.length === 0 || (await deleteCaller.attempt(deleting, deleteWhatIsLeft))) return;
    for (const _ of left) onDeleteFailed();
    logger.warn({ messages: left.length }, "finished messages could not be deleted; they will be redelivered");
  }

  function createPoller(): Consumer {
    let toHide: Hidden[] = [];
    const consumer = Consumer.create({
      sqs,
      queueUrl,
      batchSize: 10,
      waitTimeSeconds: options.receiveWaitSeconds,
      visibilityTimeout: options.visibilityTimeoutSeconds,
      heartbeatInterval: Math.max(1, Math.floor(options.visibilityTimeoutSeconds / 3)),
      messageSystemAttributeNames: ["ApproximateReceiveCount"],
      messageAttributeNames: ["All"],
      pollingCompleteWaitTimeMs: options.stopDeadlineSeconds * 1_000,
      // sqs-consumer's own pause after errors; ours is better.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: waitForBreakers,
      postReceiveMessageCallback: received,
      shouldDeleteMessages: false,
      handleMessageBatch: async (messages) => {
        held += messages.length;
        const dispositions = await Promise.all(messages.map(processOne));
        await deleteAll(messages.filter((_, index) => dispositions[index] === true));
        for (const [index, message] of messages.entries()) {
          const disposition = dispositions[index];
          if (typeof disposition === "object") toHide.push({ message, seconds: disposition.hideSeconds });
        }
        held -= messages.length;
        return messages;
      },
    });
    // The heartbeat of these messages has ended by now.
    consumer.on("response_processed", () => {
      if (toHide.length === 0) return;
      const hiding = hideAll(toHide).finally(() => hidings.delete(hiding));
      hidings.add(hiding);
      toHide = [];
    });
    // Without a listener an `error` event would end the process.
    consumer.on("error", (error, messages) => {
      if (messages === undefined) receiveFailed(error);
      else {
        // A heartbeat failed or came after the delete: at worst a harmless redelivery.
        onDeleteFailed();
        logger.warn({ err: error }, "a message's visibility could not be extended; it may be redelivered");
      }
    });
    for (const event of ["processing_error", "timeout_error"] as const) {
      consumer.on(event, (error) => logger.error({ err: error }, event));
    }
    return consumer;
  }

  function receiveFailed(error: Error): void {
    if (stopping || error.cause instanceof DrainStopping) return;
    receiveBreaker.failed(describeSystemError(kindOf(error), receiving, error));
  }

  const consumers = Array.from({ length: options.pollers }, createPoller);

  async function stopConsumer(consumer: Consumer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    consumer.once("stopped", () => resolve());
    consumer.stop();
    await promise;
  }

  return {
    start() {
      if (started || stopping) return;
      started = true;
      lastReceiveAt = now();
      for (const consumer of consumers) consumer.start();
    },
    stop() {
      if (!stopping) {
        const running = consumers.filter((consumer) => consumer.status.isRunning);
        stopping = Promise.all(running.map(stopConsumer))
          .then(() => Promise.all(hidings))
          .then(() => undefined);
        stopAsked.resolve();
      }
      return stopping;
    },
    letGo: () => deleteCaller.close(),
    sinceLastReceiveMs: () => now() - lastReceiveAt,
    heldMessages: () => held,
  };
}
