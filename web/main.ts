/** The web tier as a process: environment, parts, listen, graceful stop. */
import { createActivityReader } from "../shared/activity/reader.ts";
import { createDocumentClient, createSqsClient } from "../shared/aws/aws-clients.ts";
import { countMessages } from "../shared/aws/queue-counts.ts";
import { constructOfRole } from "../shared/aws/tier-grants.ts";
import { createHttpConnections } from "../shared/http/http-connections.ts";
import { readEnv } from "../shared/process/environment.ts";
import { openLog, type Logger } from "../shared/process/logger.ts";
import { createRegistry } from "../shared/process/metrics.ts";
import { runProcess } from "../shared/process/process.ts";
import { createTierLifecycle } from "../shared/process/tier-lifecycle.ts";
import { loadEvent } from "../shared/registration/event-definition.ts";
import { buildApp, type AppLimits } from "./app.ts";
import { WebConfig } from "./config.ts";
import { connectionsWithin, readDescriptorLimit } from "./http/connection-limit.ts";
import { watchEventLoop, type EventLoop } from "./http/event-loop.ts";
import { createRateLimitExemption } from "./http/rate-limit-exemption.ts";
import { createRushListener } from "./http/rush-listener.ts";
import { aroundCall, createAwsErrorLog } from "./queue/aws-error-log.ts";
import { createGroupCommit } from "./queue/group-commit.ts";
import { createPackSender } from "./queue/pack-sender.ts";
import { createReadiness } from "./readiness.ts";
import { createEstimatedWait } from "./status/estimated-wait.ts";
import { createReceipts, parseReceiptKeys } from "./status/receipts.ts";
import { createStatusReader } from "./status/registration-status.ts";
import { createStatusReads } from "./status/status-reads.ts";

const probeCacheMs = 2_000;
const now = () => performance.now();
const clocks = { wallClock: Date.now, now, random: Math.random };

await runProcess(process, async () => {
  const config = readEnv(WebConfig, process.env);
  const event = loadEvent(config.EVENT_FILE);
  const receipts = createReceipts(parseReceiptKeys(config.RECEIPT_KEYS));
  const log = openLog("web", config.LOG_LEVEL);
  const registry = createRegistry("web");
  const eventLoop = watchEventLoop();
  const connections = createHttpConnections();
  const clients = openClients(config, log.logger);
  const limits = limitsOf(config);
  const queue = openQueue(config, clients, eventLoop);
  const app = await buildApp({
    event,
    receipts,
    ...queue,
    ...openStatus(config, clients, queue.probe),
    limits,
    connections,
    eventLoop,
    registry,
    logger: log.logger,
    ...clocks,
    publicUrl: config.PUBLIC_URL,
    securityContact: config.SECURITY_CONTACT,
  });
  const listener = createRushListener({
    app,
    connections,
    host: config.HOST,
    port: config.PORT,
    stopDeadlineSeconds: config.STOP_DEADLINE_SECONDS,
  });
  const { groupCommit } = queue;
  const lifecycle = createTierLifecycle(
    {
      tier: "web",
      config,
      ...clients,
      registry,
      logger: log.logger,
      readActivity() {
        const { confirmed, packs } = groupCommit.figures();
        return { accepted: confirmed, packsSent: packs };
      },
    },
    [
      { name: "group commit", stop: () => groupCommit.close() },
      {
        name: "http",
        start: async () => {
          const address = await listener.start();
          log.logger.info({ address, maxConnections: limits.maxConnections }, "listening");
        },
        stop: () => listener.stop(),
      },
    ],
  );
  return { lifecycle, log };
});

type Clients = ReturnType<typeof openClients>;

function openClients(config: WebConfig, logger: Logger) {
  const options = {
    region: config.AWS_REGION,
    requestTimeoutMs: config.SEND_TIMEOUT_MS,
    maxAttempts: config.SEND_ATTEMPTS,
  };
  const sqs = createSqsClient(options);
  const documents = createDocumentClient(options);
  const errors = { logger, construct: constructOfRole.web, now };
  sqs.middlewareStack.add(createAwsErrorLog("sqs", errors), aroundCall);
  documents.middlewareStack.add(createAwsErrorLog("dynamodb", errors), aroundCall);
  return { sqs, documents };
}

function openQueue(config: WebConfig, { sqs }: Clients, eventLoop: EventLoop) {
  const probe = () => countMessages(sqs, config.QUEUE_URL);
  const groupCommit = createGroupCommit({
    send: createPackSender(sqs, config.QUEUE_URL),
    maxSendsInFlight: config.SENDS_IN_FLIGHT,
    idleRatio: () => 1 - eventLoop.utilization(),
    maxWaiting: config.MAX_WAITING,
    maxWaitMs: config.MAX_WAIT_MS,
    now,
  });
  return { groupCommit, probe, readiness: createReadiness({ probe, cacheMs: probeCacheMs, now }) };
}

function openStatus(config: WebConfig, { documents }: Clients, probe: () => Promise<number>) {
  const { estimate } = createActivityReader({ documents, table: config.ACTIVITY_TABLE, wallClock: Date.now });
  const reads = createStatusReads({
    documents,
    registrationsTable: config.REGISTRATIONS_TABLE,
    outcomesTable: config.OUTCOMES_TABLE,
    deadLettersTable: config.DEAD_LETTERS_TABLE,
    maxReadsInFlight: config.STATUS_READS_IN_FLIGHT,
    maxWaiting: config.MAX_WAITING,
    random: Math.random,
  });
  return {
    statuses: createStatusReader({ reads, wallClock: Date.now }),
    backlog: createEstimatedWait({ countMessages: probe, estimate, cacheMs: probeCacheMs, now }),
  };
}

function limitsOf(config: WebConfig) {
  const exempt = config.RATE_LIMIT_EXEMPT;
  return {
    shedWaitMs: config.SHED_WAIT_MS,
    maxStatusReads: config.MAX_WAITING,
    maxEventLoopDelayMs: config.MAX_EVENT_LOOP_DELAY_MS,
    rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
    isExempt: exempt === undefined ? undefined : createRateLimitExemption(exempt, Date.now),
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    trustedProxies: config.TRUST_PROXY === "" ? [] : config.TRUST_PROXY.split(","),
    maxConnections: connectionsWithin(config.MAX_CONNECTIONS, readDescriptorLimit()),
  } satisfies AppLimits;
}
