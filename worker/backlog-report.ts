/**
 * The periodic task `report-backlog`: logs what both queues hold and exposes it on `/metrics`. Read-only, so safe to
 * repeat on any instance.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Backlog } from "../shared/activity/estimate.ts";
import { readQueueCounts, totalOf } from "../shared/aws/queue-counts.ts";
import type { Logger } from "../shared/process/logger.ts";
import { Gauge, type Registry } from "../shared/process/metrics.ts";

export interface BacklogReport {
  /** Time of the poll: ISO 8601, UTC. */
  readonly at: string;
  /** Messages waiting, as SQS counts them (approximately). */
  readonly messages: number;
  /** Estimated registrations in them, those in flight and delayed included. */
  readonly registrationsEstimate: number;
  /** Set when more messages wait than packs are known: the estimate is then a lower bound. */
  readonly atLeast?: true;
  readonly inFlight: number;
  readonly delayed: number;
  /** Messages on the SQS dead-letter queue, not yet collected. */
  readonly deadLetterMessages: number;
  /** Recent rate of all workers together. */
  readonly drainPerSecond: number;
  /** Seconds until those waiting now are stored at that rate; null while nothing is drained. */
  readonly etaSeconds: number | null;
}

export interface BacklogReportOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** @returns what that many messages (visible, in flight and delayed) mean by the activity table */
  readonly estimate: (messages: number) => Promise<Backlog>;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** @returns the task; rejects when SQS or DynamoDB does not answer */
export function createBacklogReport(options: BacklogReportOptions): () => Promise<BacklogReport> {
  const { sqs, queueUrl, deadLetterQueueUrl, estimate, registry, logger, wallClock } = options;
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const messages = gauge("turnout_queue_messages", "Messages waiting");
  const people = gauge(
    "turnout_queue_registrations_estimate",
    "Estimate of the registrations that wait or are in flight",
  );
  const inFlight = gauge("turnout_queue_in_flight", "Messages received and not yet deleted");
  const deadLetters = gauge("turnout_dead_letter_queue_messages", "Messages on the dead-letter queue");
  const drain = gauge(
    "turnout_queue_drain_per_second",
    "Registrations that all workers were done with each second of late",
  );
  const eta = gauge(
    "turnout_queue_eta_seconds",
    "Seconds until those who wait are stored; -1 while nothing is drained",
  );
  const polledAt = gauge("turnout_queue_polled_at_timestamp_seconds", "When this worker last polled; they take turns");

  return async function reportBacklog() {
    const [queue, dead] = await Promise.all([readQueueCounts(sqs, queueUrl), readQueueCounts(sqs, deadLetterQueueUrl)]);
    const at = wallClock();
    messages.set(queue.waiting);
    inFlight.set(queue.inFlight);
    deadLetters.set(dead.waiting);
    const backlog = await estimate(totalOf(queue));
    const report: BacklogReport = {
      at: new Date(at).toISOString(),
      messages: queue.waiting,
      registrationsEstimate: backlog.people,
      ...(backlog.atLeast && { atLeast: true }),
      inFlight: queue.inFlight,
      delayed: queue.delayed,
      deadLetterMessages: dead.waiting,
      drainPerSecond: backlog.drainPerSecond,
      etaSeconds: backlog.etaSeconds,
    };
    people.set(report.registrationsEstimate);
    drain.set(report.drainPerSecond);
    eta.set(report.etaSeconds ?? -1);
    polledAt.set(at / 1_000);
    logger.info(report, "backlog");
    return report;
  };
}
