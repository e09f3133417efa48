/** What both tiers show on `/metrics`, by their own registries: put together as `main.ts` does, with nothing started. */
import { createDocumentClient, createSesClient, createSqsClient } from "../../shared/aws/aws-clients.ts";
import { readEnv } from "../../shared/process/environment.ts";
import { createRegistry, type Registry } from "../../shared/process/metrics.ts";
import { createBacklogReport } from "../../worker/backlog-report.ts";
import { WorkerConfig } from "../../worker/config.ts";
import { createDailySummary } from "../../worker/daily-summary.ts";
import { createTransientReplay } from "../../worker/transient-replay.ts";
import { createWorker } from "../../worker/worker.ts";
import { recordLog } from "../equipment/recorded-log.ts";
import { buildTestApp, testEvent } from "../equipment/web-app.ts";

/** One name that can be queried. */
export interface KnownMetric {
  /** Each with the values that it has from the start; more may come. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

async function webRegistry(): Promise<Registry> {
  const registry = createRegistry("web");
  const { app } = await buildTestApp({ parts: { registry } });
  await app.close();
  return registry;
}

function workerRegistry(): Registry {
  const registry = createRegistry("worker");
  const { logger } = recordLog();
  const client = { region: "eu-central-1", requestTimeoutMs: 1_000, maxAttempts: 1, endpoint: "http://127.0.0.1:9" };
  const [sqs, documents] = [createSqsClient(client), createDocumentClient(client)];
  const queueUrl = "http://127.0.0.1:9/queue";
  const config = readEnv(WorkerConfig, {
    AWS_REGION: client.region,
    QUEUE_URL: queueUrl,
    DEAD_LETTER_QUEUE_URL: queueUrl,
    REGISTRATIONS_TABLE: "registrations",
    DEAD_LETTERS_TABLE: "dead-letters",
    OUTCOMES_TABLE: "outcomes",
    ACTIVITY_TABLE: "activity",
    MAIL_FROM: "tickets@example.org",
    MAIL_QUEUE_URL: queueUrl,
    MAILS_TABLE: "mails",
    PUBLIC_URL: "https://summit.example.org",
    RECEIPT_KEYS: `k:${Buffer.alloc(32, 7).toString("base64")}`,
  });
  const mail = { ses: createSesClient(client), event: testEvent, sendToReserved: true };
  const { health } = createWorker({ config, sqs, documents, registry, logger, mail });
  const tasks = { sqs, documents, queueUrl, registry, logger, wallClock: Date.now };
  createBacklogReport({
    ...tasks,
    deadLetterQueueUrl: queueUrl,
    estimate: () => Promise.reject(new Error("nothing is asked here")),
  });
  const periodic = {
    ...tasks,
    registrationsTable: config.REGISTRATIONS_TABLE,
    deadLettersTable: config.DEAD_LETTERS_TABLE,
    health,
    stopping: new AbortController().signal,
  };
  createTransientReplay(periodic);
  createDailySummary(periodic);
  return registry;
}

/** @returns every name that one of the tiers can be queried by, those of a histogram's parts included */
export async function tierMetrics(): Promise<KnownMetrics> {
  const known = new Map<string, { labels: Map<string, Set<string>> }>();
  for (const registry of [await webRegistry(), workerRegistry()]) {
    for (const { name, values } of await registry.getMetricsAsJSON()) {
      const { labelNames = [] } = registry.getSingleMetric(name) as { labelNames?: readonly string[] };
      const parts = new Set([name, ...values.flatMap((value) => (value as { metricName?: string }).metricName ?? [])]);
      // A histogram is its parts; nothing has its own name.
      if (parts.size > 1) parts.delete(name);
      for (const part of parts) {
        const labels = known.get(part)?.labels ?? new Map<string, Set<string>>();
        for (const label of [...labelNames, "tier"]) labels.set(label, labels.get(label) ?? new Set());
        for (const value of values) {
          if (((value as { metricName?: string }).metricName ?? name) !== part) continue;
          for (const [label, given] of Object.entries(value.labels)) {
            const seen = labels.get(label) ?? new Set();
            labels.set(label, seen.add(String(given)));
          }
        }
        known.set(part, { labels });
      }
    }
  }
  return known;
}
