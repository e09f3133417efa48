/**
 * The drain of a queue: several pollers (sqs-consumer) that long-poll it, hand each message on and delete the ones that are
 * wholly done. The worker has two: one of the registrations queue, one of the dead-letter queue.
 *
 * Before every receive a poller passes a gate: it opens only while nothing that a message needs is broken, so a fault of
 * the system costs no message a receive. The gate also is the back-off that sqs-consumer lacks: it would poll hundreds of
 * times a second while SQS answers with errors.
 */
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { kindOf } from "../shared/aws-fault.ts";
import type { Logger } from "../shared/logger.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { describeSystemFault, type Operation } from "./system-fault.ts";

export interface Drain {
  /** Starts polling. Calling it again does nothing; after `stop` it does nothing either. */
  start(): void;
  /**
   * Receives nothing more and settles when every message received has been worked on and, if done, deleted. Long polls
   * under way are not cut off, for a cut one may have taken messages along. Calling it again waits for the same.
   */
  stop(): Promise<void>;
  /** Milliseconds since the last receive that SQS answered, messages or none. */
  sinceLastReceiveMs(): number;
}

export interface DrainOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** Long polls under way at once, each for up to 10 messages. */
  readonly pollers: number;
  readonly receiveWaitSeconds: number;
  readonly visibilityTimeoutSeconds: number;
  readonly stopDeadlineSeconds: number;
  /** @returns whether the message is wholly done */
  readonly process: (message: Message) => Promise<boolean>;
  /** Of the queue itself: opened by failed receives. */
  readonly queueBreaker: CircuitBreaker;
  /** Of what a message needs besides; while one is not closed, nothing is received. */
  readonly neededBreakers: readonly CircuitBreaker[];
  readonly logger: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly onDeleteFailed: () => void;
}

/** What a poller that waits at the gate is told when the drain stops; sqs-consumer reports it as an error. */
class DrainStopping extends Error {}

export function createDrain(options: DrainOptions): Drain {
  const { sqs, queueUrl, process, queueBreaker, neededBreakers, logger, now, onDeleteFailed } = options;
  const receiving: Operation = { action: "sqs:ReceiveMessage", resource: queueUrl, construct: "Roles/WorkerRole" };
  let lastReceiveAt = now();
  let started = false;
  const stopAsked = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;

  /* oxlint-disable no-await-in-loop */
  async function passGate(): Promise<void> {
    for (;;) {
      if (stopping) throw new DrainStopping();
      const broken = neededBreakers.find((breaker) => breaker.state !== "closed");
      if (!broken && queueBreaker.admit()) return;
      const hope = broken ? broken.untilClosed() : queueBreaker.untilWorthTrying();
      await Promise.race([hope, stopAsked.promise]);
    }
  }
  /* oxlint-enable no-await-in-loop */

  async function received(): Promise<void> {
    lastReceiveAt = now();
    queueBreaker.succeeded();
  }

  /** Never rejects: one bad message must not take its neighbours along. */
  async function processOne(message: Message): Promise<Message | undefined> {
    try {
      return (await process(message)) ? message : undefined;
    } catch (error) {
      logger.error({ err: error }, "a message could not be worked on; it stays on the queue");
      return undefined;
    }
  }

  function createPoller(): Consumer {
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
      // Its own pause for refused requests; the gate has a better one.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: passGate,
      postReceiveMessageCallback: received,
      handleMessageBatch: async (messages) => {
        const done = await Promise.all(messages.map(processOne));
        return done.filter((message) => message !== undefined);
      },
    });
    // Without a listener, an `error` event would end the process.
    consumer.on("error", (error, messages) => {
      if (messages === undefined) receiveFailed(error);
      else {
        // A delete or a longer visibility that failed: the message comes again, which is harmless.
        onDeleteFailed();
        logger.warn({ err: error }, "a message could not be deleted or kept hidden; it will come again");
      }
    });
    for (const event of ["processing_error", "timeout_error"] as const) {
      consumer.on(event, (error) => logger.error({ err: error }, event));
    }
    return consumer;
  }

  function receiveFailed(error: Error): void {
    if (stopping || error.cause instanceof DrainStopping) return;
    queueBreaker.failed(describeSystemFault(kindOf(error), receiving, error));
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
        stopping = Promise.all(running.map(stopConsumer)).then(() => undefined);
        stopAsked.resolve();
      }
      return stopping;
    },
    sinceLastReceiveMs: () => now() - lastReceiveAt,
  };
}
