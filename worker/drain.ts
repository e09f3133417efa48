/**
 * The drain of a queue: several pollers (sqs-consumer) that long-poll it, hand each message on and delete the ones that are
 * wholly done. The worker has two: one of the registrations queue, one of the dead-letter queue.
 *
 * Before every receive a poller passes a gate: it opens only while nothing that a message needs is broken, so an error of
 * the system costs no message a receive. The gate also is the back-off that sqs-consumer lacks: it would poll hundreds of
 * times a second while SQS answers with errors.
 *
 * Deleting is our own business too: sqs-consumer drops what it could not delete, and a message that is done but comes again
 * and again would end on the dead-letter queue by its receive count. Here it is held, hidden, until it can be deleted.
 *
 * What is to be left to others for some minutes is hidden for that long, after the batch it came with is through: until
 * then sqs-consumer's heartbeat, which knows only whole batches, would shorten that time again.
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
  /** Starts polling. Calling it again does nothing; after `stop` it does nothing either. */
  start(): void;
  /**
   * Receives nothing more and settles when every message received has been worked on and, if done, deleted. Long polls
   * under way are not cut off, for a cut one may have taken messages along. Calling it again waits for the same.
   */
  stop(): Promise<void>;
  /** From now on a delete that fails is not tried again. Calling it again does nothing. */
  letGo(): void;
  /** Milliseconds since the last receive that SQS answered, messages or none. */
  sinceLastReceiveMs(): number;
  /** Messages received and neither deleted nor given back. */
  heldMessages(): number;
}

/** What is to become of a message: deleted, left to the next delivery, or hidden for longer than that takes. */
export type Disposition = boolean | { readonly hideSeconds: number };

interface Hidden {
  readonly message: Message;
  readonly seconds: number;
}

export interface DrainOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Long polls under way at once, each for up to 10 messages. */
  readonly pollers: number;
  readonly receiveWaitSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  readonly stopDeadlineSeconds: number;
  /** @returns whether the message is wholly done, and otherwise whether it is to stay hidden for a time of its own */
  readonly process: (message: Message) => Promise<Disposition>;
  /** Opened by failed receives. */
  readonly receiveBreaker: CircuitBreaker;
  /** Opened by failed deletes. Its own: where receiving is allowed and deleting is not, each receive would close it. */
  readonly deleteBreaker: CircuitBreaker;
  /** Of what a message needs besides; while one is not closed, nothing is received. */
  readonly neededBreakers: readonly CircuitBreaker[];
  readonly logger: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Told how many messages were deleted. */
  readonly onDeleted?: (messages: number) => void;
  /** Told of each message that could not be deleted, and of each heartbeat that failed: they may come again. */
  readonly onDeleteFailed: () => void;
}

/** What a poller that waits at the gate is told when the drain stops; sqs-consumer reports it as an error. */
class DrainStopping extends Error {}

/** HTTP 200, and yet nothing was deleted: as much a system error as an error would be. */
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
  /** Under way, so that a stop can wait for them. */
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

  /** Never rejects: one bad message must not take its neighbours along. */
  async function processOne(message: Message): Promise<Disposition> {
    try {
      return await process(message);
    } catch (error) {
      logger.error({ err: error }, "a message could not be worked on; it stays on the queue");
      return false;
    }
  }

  /** Tried once: what cannot be hidden comes again sooner, and is looked at again. Never rejects. */
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
      logger.warn({ err: error, messages: messages.length }, "messages could not be hidden; they come again sooner");
    }
  }

  /**
   * @returns the messages that SQS could not delete although it should; those whose deletion it rejects are let go
   * @throws what the call threw
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
      if (rejected) logger.warn({ code }, "a message that is done could not be deleted; it may come again, harmlessly");
    }
    return failed.filter(({ SenderFault: rejected }) => !rejected).flatMap(({ Id: id }) => messages[Number(id)] ?? []);
  }

  /** Waits while nothing can be deleted: the heartbeat of the poller, whose handler this is part of, keeps them hidden. */
  async function deleteAll(messages: readonly Message[]): Promise<void> {
    let left = messages;
    async function deleteWhatIsLeft(): Promise<void> {
      while (left.length > 0) {
        // Each turn has fewer left; one without progress counts as an error, which the breaker waits out.
        // oxlint-disable-next-line no-await-in-loop
        const failed = await deleteBatch(left);
        if (failed.length === left.length)
          throw new DeletesFailed("SQS answered that no entry of the batch was deleted");
        left = failed;
      }
    }
    if (messages.length === 0 || (await deleteCaller.attempt(deleting, deleteWhatIsLeft))) return;
    for (const _ of left) onDeleteFailed();
    logger.warn({ messages: left.length }, "messages that are done could not be deleted; they will come again");
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
      // Its own pause for rejected requests; the gate has a better one.
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
    // Without a listener, an `error` event would end the process.
    consumer.on("error", (error, messages) => {
      if (messages === undefined) receiveFailed(error);
      else {
        // A heartbeat that failed, or came after the delete: at worst the message comes again, which is harmless.
        onDeleteFailed();
        logger.warn({ err: error }, "a message could not be kept hidden; it may come again");
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
