/**
 * The worker tier with one of its AWS clients altered: what `worker/main.ts` puts together, in the same way, from the same
 * parts. For negative controls: a proof that cannot fail proves nothing.
 */
import type { Message, ReceiveMessageCommandOutput, SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createDocumentClient, createSesClient, createSqsClient } from "../../../shared/aws/aws-clients.ts";
import { createLifecycle } from "../../../shared/process/lifecycle.ts";
import { openLog } from "../../../shared/process/logger.ts";
import { createRegistry } from "../../../shared/process/metrics.ts";
import { runProcess } from "../../../shared/process/process.ts";
import { buildWorkerApp } from "../../../worker/app.ts";
import { loadEvent } from "../../../shared/registration/event-definition.ts";
import { readWorkerConfig } from "../../../worker/config.ts";
import { createWorker } from "../../../worker/worker.ts";

/** Alters a client by its middleware, as any library could. */
export interface Alteration {
  readonly sqs?: (client: SQSClient) => void;
  readonly documents?: (client: DynamoDBDocumentClient) => void;
}

/** @returns an alteration that shows the worker other messages than it receives, after the SDK has checked them */
export function alterReceived(alter: (message: Message) => Message): Alteration {
  return {
    sqs(client) {
      client.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const result = await next(args);
            if (commandName !== "ReceiveMessageCommand") return result;
            const output = result.output as ReceiveMessageCommandOutput;
            return { ...result, output: { ...output, Messages: output.Messages?.map(alter) } };
          },
        { step: "initialize", name: "alterReceived", priority: "high" },
      );
    },
  };
}

export async function runAlteredWorker(alteration: Alteration): Promise<void> {
  await runProcess(process, async () => {
    const config = readWorkerConfig(process.env);
    const log = openLog("worker", config.LOG_LEVEL);
    const registry = createRegistry("worker");
    const region = config.AWS_REGION;
    const requestTimeoutMs = config.RECEIVE_WAIT_SECONDS * 1_000 + config.WRITE_TIMEOUT_MS;
    const sqs = createSqsClient({ region, requestTimeoutMs, maxAttempts: 3 });
    const documents = createDocumentClient({ region, requestTimeoutMs: config.WRITE_TIMEOUT_MS, maxAttempts: 3 });
    alteration.sqs?.(sqs);
    alteration.documents?.(documents);
    const mail = config.MAIL_FROM !== undefined && {
      ses: createSesClient({ region, requestTimeoutMs: 20_000, maxAttempts: 1 }),
      event: loadEvent(config.EVENT_FILE),
      sendToReserved: true,
    };
    const worker = createWorker({ config, sqs, documents, registry, logger: log.logger, mail: mail || undefined });
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
