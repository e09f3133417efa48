/** The web tier as a process: environment, parts, listen, graceful stop. */
import { randomBytes } from "node:crypto";
import { createActivityReader } from "../shared/activity/reader.ts";
import { createActivityRecorder } from "../shared/activity/recorder.ts";
import { createDocumentClient, createSqsClient } from "../shared/aws/aws-clients.ts";
import { countMessages } from "../shared/aws/queue-counts.ts";
import { createCloudWatchPublisher } from "../shared/aws/cloudwatch-publisher.ts";
import { readEnv } from "../shared/process/environment.ts";
import { loadEvent } from "../shared/registration/event-definition.ts";
import { createHttpConnections } from "../shared/http/http-connections.ts";
import { createLifecycle } from "../shared/process/lifecycle.ts";
import { openLog } from "../shared/process/logger.ts";
import { createRegistry } from "../shared/process/metrics.ts";
import { runProcess } from "../shared/process/process.ts";
import { constructOfRole } from "../shared/aws/tier-grants.ts";
import { buildApp } from "./app.ts";
import { aroundCall, createAwsErrorLog } from "./queue/aws-error-log.ts";
import { WebConfig } from "./config.ts";
import { connectionsWithin, readDescriptorLimit } from "./http/connection-limit.ts";
import { createEstimatedWait } from "./status/estimated-wait.ts";
import { watchEventLoop } from "./http/event-loop.ts";
import { createGroupCommit } from "./queue/group-commit.ts";
import { createPackSender } from "./queue/pack-sender.ts";
import { createRateLimitExemption } from "./http/rate-limit-exemption.ts";
import { createReadiness } from "./readiness.ts";
import { createReceipts, parseReceiptKeys } from "./status/receipts.ts";
import { createRushListener } from "./http/rush-listener.ts";
import { createStatusReader } from "./status/registration-status.ts";
import { createStatusReads } from "./status/status-reads.ts";

const probeCacheMs = 2_000;

await runProcess(process, async () => {
  const config = readEnv(WebConfig, process.env);
  const event = loadEvent(config.EVENT_FILE);
  const receipts = createReceipts(parseReceiptKeys(config.RECEIPT_KEYS));
  const log = openLog("web", config.LOG_LEVEL);
  const clientOptions = {
    region: config.AWS_REGION,
    requestTimeoutMs: config.SEND_TIMEOUT_MS,
    maxAttempts: config.SEND_ATTEMPTS,
  };
  const sqs = createSqsClient(clientOptions);
  const documents = createDocumentClient(clientOptions);
  const registry = createRegistry("web");
  const now = () => performance.now();
  const construct = constructOfRole.web;
  sqs.middlewareStack.add(createAwsErrorLog("sqs", { logger: log.logger, construct, now }), aroundCall);
  documents.middlewareStack.add(createAwsErrorLog("dynamodb", { logger: log.logger, construct, now }), aroundCall);
  const eventLoop = watchEventLoop();
  const connections = createHttpConnections();
  const maxConnections = connectionsWithin(config.MAX_CONNECTIONS, readDescriptorLimit());
  const groupCommit = createGroupCommit({
    send: createPackSender(sqs, config.QUEUE_URL),
    maxSendsInFlight: config.SENDS_IN_FLIGHT,
    idleRatio: () => 1 - eventLoop.utilization(),
    maxWaiting: config.MAX_WAITING,
    maxWaitMs: config.MAX_WAIT_MS,
    now,
  });
  const probe = () => countMessages(sqs, config.QUEUE_URL);
  const activity = { documents, table: config.ACTIVITY_TABLE, wallClock: Date.now };
  const app = await buildApp({
    event,
    groupCommit,
    receipts,
    statuses: createStatusReader({
      reads: createStatusReads({
        documents,
        registrationsTable: config.REGISTRATIONS_TABLE,
        outcomesTable: config.OUTCOMES_TABLE,
        deadLettersTable: config.DEAD_LETTERS_TABLE,
        maxReadsInFlight: config.STATUS_READS_IN_FLIGHT,
        maxWaiting: config.MAX_WAITING,
        random: Math.random,
      }),
      wallClock: Date.now,
    }),
    backlog: createEstimatedWait({
      countMessages: probe,
      estimate: createActivityReader(activity).estimate,
      cacheMs: probeCacheMs,
      now,
    }),
    limits: {
      shedWaitMs: config.SHED_WAIT_MS,
      maxStatusReads: config.MAX_WAITING,
      maxEventLoopDelayMs: config.MAX_EVENT_LOOP_DELAY_MS,
      rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
      isExempt:
        config.RATE_LIMIT_EXEMPT === undefined
          ? undefined
          : createRateLimitExemption(config.RATE_LIMIT_EXEMPT, Date.now),
      requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
      trustedProxies: config.TRUST_PROXY === "" ? [] : config.TRUST_PROXY.split(","),
      maxConnections,
    },
    readiness: createReadiness({ probe, cacheMs: probeCacheMs, now }),
    registry,
    logger: log.logger,
    wallClock: Date.now,
    now,
    random: Math.random,
    publicUrl: config.PUBLIC_URL,
    securityContact: config.SECURITY_CONTACT,
    connections,
    eventLoop,
  });
  const listener = createRushListener({
    app,
    connections,
    host: config.HOST,
    port: config.PORT,
    stopDeadlineSeconds: config.STOP_DEADLINE_SECONDS,
  });
  const lifecycle = createLifecycle(
    [
      // First to start and last to stop, so that what the others finish while they stop still counts.
      createCloudWatchPublisher({
        stack: config.CLOUDWATCH_STACK,
        region: config.AWS_REGION,
        registry,
        logger: log.logger,
        construct,
        wallClock: Date.now,
        random: Math.random,
      }),
      {
        name: "clients",
        stop: () => {
          sqs.destroy();
          documents.destroy();
        },
      },
      createActivityRecorder({
        ...activity,
        processId: randomBytes(6).toString("base64url"),
        read() {
          const { confirmed, packs } = groupCommit.figures();
          return { accepted: confirmed, packsSent: packs };
        },
        logger: log.logger,
        construct,
        random: Math.random,
      }),
      { name: "group commit", stop: () => groupCommit.close() },
      {
        name: "http",
        start: async () => {
          const address = await listener.start();
          log.logger.info({ address, maxConnections }, "listening");
        },
        stop: () => listener.stop(),
      },
    ],
    { deadlineSeconds: config.STOP_DEADLINE_SECONDS, logger: log.logger },
  );
  return { lifecycle, log };
});
