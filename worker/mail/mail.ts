/**
 * Assembles what the worker needs for mails: the outbox, which the registrations drain feeds, and the mailer with its own
 * drain. Of its breakers only that of the outbox concerns registrations; the others stop mails alone and do not make the
 * worker unhealthy, or a pause at SES would have instances replaced.
 */
import type { SESv2Client } from "@aws-sdk/client-sesv2";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Logger } from "../../shared/process/logger.ts";
import type { Registry } from "../../shared/process/metrics.ts";
import { describeSystemError } from "../../shared/process/system-error.ts";
import { referenceOf } from "../../shared/registration/reference.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { hasChoiceOfLanguages } from "../../shared/registration/event-translation.ts";
import { createReceipts, parseReceiptKeys } from "../../shared/registration/receipts.ts";
import type { CircuitBreaker } from "../circuit-breaker.ts";
import type { WorkerConfig } from "../config.ts";
import { createDrain } from "../drain.ts";
import { causesOf } from "../health.ts";
import { hideSecondsAfter } from "../other-versions.ts";
import { createRetryingCaller } from "../retrying-caller.ts";
import type { WorkerTraces } from "../worker-traces.ts";
import { createAddressHash } from "./limit-key.ts";
import { createMailAccount } from "./mail-account.ts";
import { createMailContent } from "./mail-content.ts";
import { createMailDelivery } from "./mail-delivery.ts";
import { createMailMetrics, exposeMail } from "./mail-metrics.ts";
import { createMailRepost } from "./mail-repost.ts";
import { createMailSender } from "./mail-sender.ts";
import { createMailer } from "./mailer.ts";
import { createMailsTable } from "./mails-table.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createSendAdmission } from "./send-admission.ts";
import { createSendRate } from "./send-rate.ts";

/** What only mails need; the worker sends none without it. */
export interface MailParts {
  readonly ses: SESv2Client;
  readonly event: EventDefinition;
  /** Also to addresses at domains reserved for documentation and tests: for an SES that is none. */
  readonly sendToReserved: boolean;
}

export interface MailOptions extends MailParts {
  /** With `MAIL_FROM`. */
  readonly config: WorkerConfig;
  readonly sqs: SQSClient;
  readonly documents: DynamoDBDocumentClient;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Default: nothing is traced. */
  readonly traces?: WorkerTraces | undefined;
  /** @returns a new breaker, shown under this name */
  readonly breakerOf: (dependency: string) => CircuitBreaker;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export interface Mail {
  readonly outbox: Outbox;
  /** Those without which no registration is settled. */
  readonly neededBreakers: Readonly<Record<string, CircuitBreaker>>;
  start(): void;
  /** Ends what is under way, and puts the rest back on the queue. Safe to repeat. */
  stop(): Promise<void>;
  /** Gives up what waits, in the outbox as well. Safe to repeat. */
  letGo(): void;
  /** Why no mails are sent; empty while they are. */
  causes(): readonly string[];
}

/** Until SES has said more: the rate of an account in the sandbox. */
const firstRate = 1;
/** Concurrent table calls for looking up and releasing. */
const tableWidth = 8;
const repostWidth = 8;
const leaseMs = 180_000;
/** Leaves two minutes for the call and its records. */
const claimFreshMs = 60_000;
const factsFreshMs = 5_000;
/** When the lease of another delivery has run out, with a reserve for clocks. */
const busySeconds = 210;
const standstillMs = 30_000;

export function createMail(options: MailOptions): Mail {
  const { config, sqs, documents, ses, event, sendToReserved, registry, logger, traces, breakerOf, now } = options;
  // The schema requires them where MAIL_FROM is set.
  const { MAIL_FROM: from = "", MAIL_QUEUE_URL: mailQueueUrl = "", MAILS_TABLE: tableName = "" } = config;
  const { PUBLIC_URL: publicUrl = "", RECEIPT_KEYS: receiptKeys = "" } = config;
  const metrics = createMailMetrics(registry);
  const breakers = {
    "mail queue receives": breakerOf("mail queue receives"),
    "mail queue deletes": breakerOf("mail queue deletes"),
    "mail sends": breakerOf("mail sends"),
    "mails table": breakerOf("mails table"),
  };
  const queueSends = breakerOf("mail queue sends");
  const outbox = createOutbox({
    sqs,
    mailQueueUrl,
    breaker: queueSends,
    traces,
    now,
    onPosted: (requests) => metrics.posted.inc(requests),
  });
  const keys = parseReceiptKeys(receiptKeys);
  const receipts = createReceipts(keys);
  const tableStandstillMs = Math.min(standstillMs, (config.MESSAGE_DEADLINE_SECONDS * 1_000) / 2);
  const table = createMailsTable({
    documents,
    tableName,
    registrationsTableName: config.REGISTRATIONS_TABLE,
    hashOf: createAddressHash(keys),
    leaseMs,
    retentionDays: config.RETENTION_DAYS,
    caller: createRetryingCaller(breakers["mails table"], { width: tableWidth, now }),
    conditions: {
      breaker: breakers["mails table"],
      maxCallsInFlight: config.WRITES_IN_FLIGHT,
      standstillTimeoutMs: tableStandstillMs,
      describeStandstill: (cause) =>
        describeSystemError(
          cause === "throttled" ? "throttled" : "unreachable",
          { action: "dynamodb:PartiQLInsert", resource: tableName, construct: "Mail/Mails" },
          `nothing could be stored for ${tableStandstillMs / 1_000} s`,
        ),
      now,
      random: Math.random,
    },
    wallClock: Date.now,
    onRecorded: (outcome) => metrics.mails.labels(outcome).inc(),
  });
  const rate = createSendRate({ limit: config.MAILS_PER_SECOND ?? firstRate, now });
  const account = createMailAccount({ ses, rate, ratePerSecond: config.MAILS_PER_SECOND, logger, now });
  const isChosen = hasChoiceOfLanguages(event);
  const sender = createMailSender({
    ses,
    from,
    configurationSet: config.MAIL_CONFIGURATION_SET,
    contents: createMailContent({ event, publicUrl }),
    onCall: () => metrics.calls.inc(),
  });
  const delivery = createMailDelivery({
    table,
    sender: traces?.ofMails(sender) ?? sender,
    admission: createSendAdmission({
      breaker: breakers["mail sends"],
      rate,
      accountTrouble: account.trouble,
      standstillMs,
      now,
    }),
    rate,
    breaker: breakers["mail sends"],
    variablesOf({ email, registrationId, submittedAt }, language) {
      // Only pages of an event with a choice of languages follow it.
      const inLanguage = isChosen && language !== undefined ? { language } : {};
      const receipt = receipts.seal({ email, registrationId, submittedAt, mailbox: true, ...inLanguage });
      return { link: `${publicUrl}/registrations/${receipt}`, reference: referenceOf(registrationId) };
    },
    sendToReserved,
    claimFreshMs,
    factsFreshMs,
    now,
  });
  const repostCaller = createRetryingCaller(queueSends, { width: repostWidth, now });
  const mailer = createMailer({
    delivery,
    table,
    repost: createMailRepost({ sqs, mailQueueUrl, caller: repostCaller }),
    hideSecondsAfter,
    deadlineMs: config.MESSAGE_DEADLINE_SECONDS * 1_000,
    busySeconds,
    now,
    logger,
    onInvalid: (entries) => metrics.invalid.inc(entries),
    onReposted: (requests) => metrics.reposted.inc(requests),
  });
  exposeMail(registry, { outbox: outbox.waiting, waiting: delivery.waiting, rate: rate.current });
  const drain = createDrain({
    sqs,
    queueUrl: mailQueueUrl,
    pollers: 1,
    receiveWaitSeconds: config.RECEIVE_WAIT_SECONDS,
    visibilityTimeoutSeconds: config.VISIBILITY_TIMEOUT_SECONDS,
    stopDeadlineSeconds: config.STOP_DEADLINE_SECONDS,
    process: traces?.ofMessages(mailQueueUrl, mailer.process) ?? mailer.process,
    receiveBreaker: breakers["mail queue receives"],
    deleteBreaker: breakers["mail queue deletes"],
    neededBreakers: [breakers["mail sends"], breakers["mails table"], queueSends],
    logger,
    now,
    onDeleteFailed: () => metrics.deleteFailures.inc(),
  });

  return {
    outbox,
    neededBreakers: { "mail queue sends": queueSends },
    start() {
      account.start();
      drain.start();
    },
    async stop() {
      // Mails can wait: nothing new is sent, whatever the deadline would allow.
      delivery.close();
      account.stop();
      await drain.stop();
    },
    letGo() {
      outbox.close();
      delivery.close();
      table.close();
      repostCaller.close();
      drain.letGo();
    },
    causes: () => causesOf(breakers),
  };
}
