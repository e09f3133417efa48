/**
 * The worker tier with one of its AWS clients altered: what `worker/main.ts` puts together, in the same way, from the same
 * parts. For negative controls: a proof that cannot fail proves nothing.
 */
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDocumentClient, createSqsClient } from "../../../shared/aws/aws-clients.ts";
import { readEnv } from "../../../shared/process/environment.ts";
import { createLifecycle } from "../../../shared/process/lifecycle.ts";
import { openLog } from "../../../shared/process/logger.ts";
import { createRegistry } from "../../../shared/process/metrics.ts";
import { runProcess } from "../../../shared/process/process.ts";
import { buildWorkerApp } from "../../../worker/app.ts";
import { WorkerConfig } from "../../../worker/config.ts";
import { createWorker } from "../../../worker/worker.ts";

/** Alters a client by its middleware, as any library could. */
export interface Alteration {
  readonly sqs?: (client: SQSClient) => void;
  readonly documents?: (client: DynamoDBDocumentClient) => void;
}

export async function runAlteredWorker(alteration: Alteration): Promise<void> {
  await runProcess(process, async () => {
    const config = readEnv(WorkerConfig, process.env);
    const log = openLog("worker", config.LOG_LEVEL);
    const registry = createRegistry("worker");
    const region = config.AWS_REGION;
    const requestTimeoutMs = config.RECEIVE_WAIT_SECONDS * 1_000 + config.WRITE_TIMEOUT_MS;
    const sqs = createSqsClient({ region, requestTimeoutMs, maxAttempts: 3 });
    const documents = createDocumentClient({ region, requestTimeoutMs: config.WRITE_TIMEOUT_MS, maxAttempts: 3 });
    alteration.sqs?.(sqs);
    alteration.documents?.(documents);
    const worker = createWorker({ config, sqs, documents, registry, logger: log.logger });
    const app = buildWorkerApp({ health: worker.health, registry, tasks: {}, logger: log.logger });
    const lifecycle = createLifecycle(
      [
        {
          name: "http",
          start: async () => void (await app.listen({ host: config.HOST, port: config.PORT })),
          stop: () => app.close(),
        },
        { name: "drain", start: worker.start, stop: worker.stop },
      ],
      { deadlineSeconds: config.STOP_DEADLINE_SECONDS, logger: log.logger },
    );
    return { lifecycle, log };
  });
}
