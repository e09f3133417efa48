/** The worker tier as a process: environment, parts, polling, graceful stop. */
import { createActivityReader } from "../shared/activity/reader.ts";
import { createDocumentClient, createSesClient, createSqsClient } from "../shared/aws/aws-clients.ts";
import { closeHttp } from "../shared/http/http-close.ts";
import { followConnections } from "../shared/http/http-connections.ts";
import { openLog } from "../shared/process/logger.ts";
import { createRegistry } from "../shared/process/metrics.ts";
import { runProcess } from "../shared/process/process.ts";
import { openTracing } from "../shared/tracing/tracing.ts";
import { createExpiredFields } from "../shared/registration/answer-expiry.ts";
import { loadEvent } from "../shared/registration/event-definition.ts";
import { createTierLifecycle } from "../shared/process/tier-lifecycle.ts";
import { readActivityTotals } from "./activity-totals.ts";
import { buildWorkerApp } from "./app.ts";
import { createBacklogReport } from "./backlog-report.ts";
import { readWorkerConfig } from "./config.ts";
import { createDailySummary } from "./daily-summary.ts";
import { createExpiredAnswersRemoval } from "./expired-answers.ts";
import { createTransientReplay } from "./transient-replay.ts";
import { createWorker } from "./worker.ts";

/** A bulk call renders its mails before it answers. */
const mailTimeoutMs = 20_000;

await runProcess(process, async () => {
  const config = readWorkerConfig(process.env);
  const log = openLog("worker", config.LOG_LEVEL);
  const registry = createRegistry("worker");
  const tracing = await openTracing({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    service: "turnout-worker",
    namespace: config.CLOUDWATCH_STACK,
    logger: log.logger,
    now: () => performance.now(),
    random: Math.random,
  });
  const region = config.AWS_REGION;
  // Its timeout is longer than a long poll.
  const receiveTimeoutMs = config.RECEIVE_WAIT_SECONDS * 1_000 + config.WRITE_TIMEOUT_MS;
  const sqs = createSqsClient({ region, requestTimeoutMs: receiveTimeoutMs, maxAttempts: 3 });
  const documents = createDocumentClient({
    region,
    requestTimeoutMs: config.WRITE_TIMEOUT_MS,
    maxAttempts: 3,
    prepared: ["BatchExecuteStatementCommand"],
  });
  const event = loadEvent(config.EVENT_FILE);
  const expired = createExpiredFields(event);
  const mail = config.MAIL_FROM !== undefined && {
    // A repeated attempt could send its mails twice.
    ses: createSesClient({ region, requestTimeoutMs: mailTimeoutMs, maxAttempts: 1 }),
    event,
    sendToReserved: Boolean(process.env.AWS_ENDPOINT_URL_SESV2),
  };
  const worker = createWorker({
    config,
    sqs,
    documents,
    registry,
    logger: log.logger,
    expired,
    mail: mail || undefined,
    tracing,
  });
  const activity = createActivityReader({ documents, table: config.ACTIVITY_TABLE, wallClock: Date.now });
  const reportBacklog = createBacklogReport({
    sqs,
    queueUrl: config.QUEUE_URL,
    deadLetterQueueUrl: config.DEAD_LETTER_QUEUE_URL,
    estimate: activity.estimate,
    registry,
    logger: log.logger,
    wallClock: Date.now,
  });
  const stopping = new AbortController();
  const periodic = {
    sqs,
    documents,
    queueUrl: config.QUEUE_URL,
    registrationsTable: config.REGISTRATIONS_TABLE,
    deadLettersTable: config.DEAD_LETTERS_TABLE,
    activityTable: config.ACTIVITY_TABLE,
    health: worker.health,
    registry,
    logger: log.logger,
    wallClock: Date.now,
    stopping: stopping.signal,
  };
  const app = buildWorkerApp({
    health: worker.health,
    registry,
    tasks: {
      "report-backlog": reportBacklog,
      "replay-transient-dead-letters": createTransientReplay(periodic),
      "daily-summary": createDailySummary(periodic),
      "remove-expired-answers": createExpiredAnswersRemoval({ ...periodic, expired }),
    },
    logger: log.logger,
  });
  const connections = followConnections(app.server);
  const lifecycle = createTierLifecycle(
    {
      tier: "worker",
      config,
      sqs,
      documents,
      registry,
      logger: log.logger,
      tracing,
      readActivity: () => readActivityTotals(registry),
    },
    [
      {
        name: "http",
        start: async () => {
          const address = await app.listen({ host: config.HOST, port: config.PORT });
          log.logger.info({ address }, "listening");
        },
        stop: () =>
          closeHttp({ connections, listeners: [app.server], close: () => app.close() }, config.STOP_DEADLINE_SECONDS),
      },
      { name: "drain", start: worker.start, stop: worker.stop },
      // Stops first: a waiting task would delay the rest.
      { name: "tasks", stop: () => stopping.abort() },
    ],
  );
  return { lifecycle, log };
});
