/** The web tier as a process: environment, parts, listen, graceful stop. */
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { createDocumentClient, createSqsClient } from "../shared/aws-clients.ts";
import { readEnv } from "../shared/environment.ts";
import { loadEvent } from "../shared/event-definition.ts";
import { createLifecycle } from "../shared/lifecycle.ts";
import { openLog } from "../shared/logger.ts";
import { createRegistry } from "../shared/metrics.ts";
import { runProcess } from "../shared/process.ts";
import { buildApp } from "./app.ts";
import { WebConfig } from "./config.ts";
import { createGroupCommit } from "./group-commit.ts";
import { createPackSender } from "./pack-sender.ts";
import { createReadiness } from "./readiness.ts";
import { createReceipts, parseReceiptKeys } from "./receipts.ts";
import { createStatusReader } from "./registration-status.ts";

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
  const groupCommit = createGroupCommit({
    send: createPackSender(sqs, config.QUEUE_URL),
    maxSendsInFlight: config.SENDS_IN_FLIGHT,
    maxWaiting: config.MAX_WAITING,
    maxWaitMs: config.MAX_WAIT_MS,
    now: () => performance.now(),
  });
  const probe = new GetQueueAttributesCommand({ QueueUrl: config.QUEUE_URL, AttributeNames: ["QueueArn"] });
  const app = await buildApp({
    event,
    groupCommit,
    receipts,
    statuses: createStatusReader({
      documents,
      registrationsTable: config.REGISTRATIONS_TABLE,
      deadLettersTable: config.DEAD_LETTERS_TABLE,
    }),
    readiness: createReadiness({ probe: () => sqs.send(probe), cacheMs: 2_000, now: () => performance.now() }),
    registry: createRegistry("web"),
    logger: log.logger,
    wallClock: Date.now,
    apiDocs: config.API_DOCS,
  });
  const lifecycle = createLifecycle(
    [
      {
        name: "clients",
        stop: () => {
          sqs.destroy();
          documents.destroy();
        },
      },
      { name: "group commit", stop: () => groupCommit.close() },
      {
        name: "http",
        start: async () => {
          const address = await app.listen({ host: config.HOST, port: config.PORT });
          log.logger.info({ address }, "listening");
        },
        stop: () => app.close(),
      },
    ],
    { deadlineSeconds: config.STOP_DEADLINE_SECONDS, logger: log.logger },
  );
  return { lifecycle, log };
});
