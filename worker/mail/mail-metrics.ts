/** The mailer's own metrics. */
import { Counter, Gauge, type Registry } from "../../shared/process/metrics.ts";
import type { MailOutcome } from "./mails-table.ts";

export interface MailMetrics {
  /** Requests confirmed by the mail queue. */
  readonly posted: Counter;
  /** Mails recorded, each counted once. */
  readonly mails: Counter<"outcome">;
  /** Calls of SES that send. */
  readonly calls: Counter;
  /** Requests put on the queue again. */
  readonly reposted: Counter;
  /** Entries of messages that are no requests. */
  readonly invalid: Counter;
  readonly deleteFailures: Counter;
}

const outcomes: readonly MailOutcome[] = ["sent", "rejected", "limited", "obsolete"];

export function createMailMetrics(registry: Registry): MailMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const mails = new Counter({
    name: "turnout_mails_total",
    help: "Mails sent, or not to be sent, by outcome",
    labelNames: ["outcome"] as const,
    registers,
  });
  // Shown from the start: a rate needs a first value.
  for (const outcome of outcomes) mails.labels(outcome).inc(0);
  return {
    posted: counter("turnout_mails_posted_total", "Requests for mails put on the mail queue"),
    mails,
    calls: counter("turnout_mail_calls_total", "Calls of SES that send mails"),
    reposted: counter("turnout_mails_reposted_total", "Requests for mails put on the mail queue again"),
    invalid: counter("turnout_mails_invalid_total", "Entries on the mail queue that are no requests for mails"),
    deleteFailures: counter("turnout_mail_delete_failures_total", "Deletes or heartbeats that the mail queue rejected"),
  };
}

/** Exposes the state of outbox and mailer at a scrape. */
export function exposeMail(
  registry: Registry,
  read: { readonly outbox: () => number; readonly waiting: () => number; readonly rate: () => number },
): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge("turnout_mails_outbox", "Requests for mails waiting for the mail queue", read.outbox);
  gauge("turnout_mails_waiting", "Mails received from the mail queue and not settled", read.waiting);
  gauge("turnout_mail_rate", "Mails a second allowed now; falls when SES throttles", read.rate);
}
