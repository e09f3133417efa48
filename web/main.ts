/** The web tier as a process: environment, parts, listen, graceful stop. */
import { readAcceptance } from "../shared/acceptance/acceptance.ts";
import { createAcceptanceWatch } from "../shared/acceptance/acceptance-watch.ts";
import { createActivityReader } from "../shared/activity/reader.ts";
import { createDocumentClient, createSqsClient } from "../shared/aws/aws-clients.ts";
import { countMessages } from "../shared/aws/queue-counts.ts";
import { constructOfRole } from "../shared/aws/tier-grants.ts";
import { createHttpConnections } from "../shared/http/http-connections.ts";
import { readEnv } from "../shared/process/environment.ts";
import { openLog, type Logger } from "../shared/process/logger.ts";
import { createRegistry } from "../shared/process/metrics.ts";
import { runProcess } from "../shared/process/process.ts";
import { createRepeatedFailure } from "../shared/process/repeated-failure.ts";
import { createTierLifecycle } from "../shared/process/tier-lifecycle.ts";
import { openTracing, type Tracing } from "../shared/tracing/tracing.ts";
import { createExpiredFields } from "../shared/registration/answer-expiry.ts";
import { loadEvent, loadLogo, type EventDefinition } from "../shared/registration/event-definition.ts";
import { buildApp, type AppLimits } from "./app.ts";
import { WebConfig } from "./config.ts";
import { connectionsWithin, readDescriptorLimit } from "./http/connection-limit.ts";
import { watchEventLoop, type EventLoop } from "./http/event-loop.ts";
import { createHealthLog } from "./http/health-log.ts";
import { createRateLimitExemption } from "./http/rate-limit-exemption.ts";
import { createRushListener } from "./http/rush-listener.ts";
import { aroundCall, createAwsErrorLog } from "./queue/aws-error-log.ts";
import { createGroupCommit } from "./queue/group-commit.ts";
import { createPackSender } from "./queue/pack-sender.ts";
import { createReadiness } from "./readiness.ts";
import { createRecentBacklog } from "./status/recent-backlog.ts";
import { createReceipts, parseReceiptKeys } from "../shared/registration/receipts.ts";
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
  const tracing = await openTracing({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    service: "turnout-web",
    namespace: config.CLOUDWATCH_STACK,
    logger: log.logger,
    now,
    random: Math.random,
  });
  const eventLoop = watchEventLoop();
  const connections = createHttpConnections();
  const healthLog = openHealthLog(config, log.logger);
  const clients = openClients(config, log.logger);
  const limits = limitsOf(config);
  const queue = openQueue(config, clients, eventLoop, tracing);
  const acceptance = watchAcceptance(config, clients, log.logger);
  const app = await buildApp({
    event,
    receipts,
    ...queue,
    ...openStatus(config, clients, event, queue.probe),
    sendMailPack: openMailQueue(config, clients),
    acceptance,
    limits,
    connections,
    healthLog,
    eventLoop,
    registry,
    logger: log.logger,
    tracing,
    ...clocks,
    publicUrl: config.PUBLIC_URL,
    securityContact: config.SECURITY_CONTACT,
    logo: loadLogo(config.EVENT_FILE, event),
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
      tracing,
      readActivity() {
        const { confirmed, packs } = groupCommit.figures();
        return { accepted: confirmed, packsSent: packs };
      },
    },
    [
      // Before anybody is answered.
      acceptance,
      { name: "group commit", stop: () => groupCommit.close() },
      ...(healthLog ? [healthLog] : []),
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
  const sqs = createSqsClient({ ...options, prepared: ["SendMessageCommand"] });
  const documents = createDocumentClient(options);
  const errors = { logger, construct: constructOfRole.web, now };
  sqs.middlewareStack.add(createAwsErrorLog("sqs", errors), aroundCall);
  documents.middlewareStack.add(createAwsErrorLog("dynamodb", errors), aroundCall);
  return { sqs, documents };
}

function openQueue(config: WebConfig, { sqs }: Clients, eventLoop: EventLoop, tracing: Tracing | undefined) {
  const probe = () => countMessages(sqs, config.QUEUE_URL);
  const groupCommit = createGroupCommit({
    send: createPackSender(sqs, config.QUEUE_URL, tracing),
    maxSendsInFlight: config.SENDS_IN_FLIGHT,
    idleRatio: () => 1 - eventLoop.utilization(),
    maxWaiting: config.MAX_WAITING,
    maxWaitMs: config.MAX_WAIT_MS,
    now,
  });
  return { groupCommit, probe, readiness: createReadiness({ probe, cacheMs: probeCacheMs, now }) };
}

function watchAcceptance({ CONTROLS_TABLE: table }: WebConfig, { documents }: Clients, logger: Logger) {
  const failure = createRepeatedFailure({
    logger,
    message: "it cannot be read whether registrations are accepted; what was known last goes on",
    action: "dynamodb:GetItem",
    resource: table,
    construct: constructOfRole.web,
    now,
  });
  return createAcceptanceWatch({
    read: (signal) => readAcceptance({ documents, table, signal }),
    ...clocks,
    onFailure: failure.failed,
    onReadAgain: failure.succeeded,
    onChange: ({ state, version, at, until }) => logger.info({ state, version, at, until }, "acceptance was changed"),
  });
}

/** @returns undefined where nothing is mailed */
function openMailQueue({ MAIL_QUEUE_URL: url }: WebConfig, { sqs }: Clients) {
  if (url === undefined) return undefined;
  const send = createPackSender(sqs, url);
  return (body: string) => send(body, 1);
}

function openStatus(config: WebConfig, { documents }: Clients, event: EventDefinition, probe: () => Promise<number>) {
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
    statuses: createStatusReader({ reads, wallClock: Date.now, expired: createExpiredFields(event) }),
    backlog: createRecentBacklog({ countMessages: probe, estimate, cacheMs: probeCacheMs, ...clocks }),
  };
}

/** @returns undefined where a proxy writes it */
function openHealthLog({ HEALTH_LOG_FOLDER: folder }: WebConfig, logger: Logger) {
  return folder === undefined ? undefined : createHealthLog({ folder, logger, wallClock: Date.now, now });
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
