/**
 * The periodic task `report-backlog`: looks at both queues, logs what it saw and keeps it for `/metrics`.
 * Safe to run twice, on any instance: it changes nothing.
 */
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Logger } from "../shared/logger.ts";
import { Gauge, type Registry } from "../shared/metrics.ts";

export interface Backlog {
  /** When it was looked at: ISO 8601, UTC. */
  readonly at: string;
  /** Messages waiting, as SQS counts them (approximately). */
  readonly messages: number;
  /** Estimate: waiting messages × the mean registrations of the packs that this worker has seen. */
  readonly registrationsEstimate: number;
  readonly inFlight: number;
  readonly delayed: number;
  /** Messages on the SQS dead-letter queue, not yet collected. */
  readonly deadLetterMessages: number;
  /** Registrations that left the queue for good each second since the last look, new arrivals already subtracted. */
  readonly drainPerSecond: number | null;
  /** Seconds until the queue is empty at that rate; null while it does not shrink. */
  readonly etaSeconds: number | null;
}

export interface BacklogReportOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Registrations per pack that this worker has seen; 1 before it has seen any. */
  readonly meanPackSize: () => number;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** @returns the task: looks, logs, exposes; rejects when SQS does not answer */
export function createBacklogReport(options: BacklogReportOptions): () => Promise<Backlog> {
  const { sqs, queueUrl, deadLetterQueueUrl, meanPackSize, registry, logger, wallClock } = options;
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const messages = gauge("turnout_queue_messages", "Messages waiting");
  const people = gauge("turnout_queue_registrations_estimate", "Estimate: messages × registrations per pack");
  const inFlight = gauge("turnout_queue_in_flight", "Messages received and not yet deleted");
  const deadLetters = gauge("turnout_dead_letter_queue_messages", "Messages on the dead-letter queue");
  const drain = gauge("turnout_queue_drain_per_second", "Registrations fewer on the queue each second");
  const eta = gauge("turnout_queue_eta_seconds", "Seconds until the queue is empty; -1 while it does not shrink");
  const lookedAt = gauge("turnout_queue_looked_at_timestamp_seconds", "When this worker last looked; they take turns");
  let previous: Backlog | undefined;

  async function counts(url: string) {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          "ApproximateNumberOfMessagesDelayed",
        ],
      }),
    );
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      notVisible: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    };
  }

  function drainPerSecond(outstanding: number, at: number): number | null {
    if (!previous) return null;
    const seconds = (at - Date.parse(previous.at)) / 1_000;
    if (seconds <= 0) return null;
    const before = previous.registrationsEstimate + previous.inFlight * meanPackSize();
    return Math.round(((before - outstanding) / seconds) * 10) / 10;
  }

  return async function reportBacklog() {
    const [queue, dead] = await Promise.all([counts(queueUrl), counts(deadLetterQueueUrl)]);
    const at = wallClock();
    const mean = meanPackSize();
    const outstanding = (queue.visible + queue.notVisible) * mean;
    const rate = drainPerSecond(outstanding, at);
    const report: Backlog = {
      at: new Date(at).toISOString(),
      messages: queue.visible,
      registrationsEstimate: Math.round(queue.visible * mean),
      inFlight: queue.notVisible,
      delayed: queue.delayed,
      deadLetterMessages: dead.visible,
      drainPerSecond: rate,
      etaSeconds: outstanding === 0 ? 0 : rate !== null && rate > 0 ? Math.round(outstanding / rate) : null,
    };
    previous = report;
    messages.set(report.messages);
    people.set(report.registrationsEstimate);
    inFlight.set(report.inFlight);
    deadLetters.set(report.deadLetterMessages);
    drain.set(report.drainPerSecond ?? 0);
    eta.set(report.etaSeconds ?? -1);
    lookedAt.set(at / 1_000);
    logger.info(report, "backlog");
    return report;
  };
}
