/**
 * Publishes a tier's metrics to CloudWatch once a minute, in one call. Which ones is listed here; their meaning is in
 * each tier's `metrics.ts`.
 *
 * It never disturbs the work: it reads the counters of `/metrics`, has one call in flight at most, and keeps unsent
 * values up to the size of one call, dropping the oldest. While CloudWatch fails, it retries with growing pauses. A
 * call that timed out may have arrived and is sent again, so a minute may count twice: these metrics are for display,
 * not for accounting.
 */
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { clientOptions } from "./aws-clients.ts";
import { cloudWatchLimits } from "./aws-limits.ts";
import type { Part } from "../process/lifecycle.ts";
import type { Logger } from "../process/logger.ts";
import { machineMemoryFigures } from "../process/machine-memory.ts";
import type { Registry } from "../process/metrics.ts";
import { figuresNamespace } from "./tier-grants.ts";

/** The dimension that separates deployments. */
export const figuresDimension = "Stack";

interface PublishedFigure {
  /** As on `/metrics`. Names ending in `_total` are published as increments, others as values. */
  readonly name: string;
  /**
   * Timestamp metric that changes with each poll of this figure. Not published without a new poll: another worker has
   * the current value.
   */
  readonly polledAt?: string;
  /** The value that stands for "unknown". */
  readonly unknown?: number;
}

/** The daemon polls one worker after the other, so other workers' values are minutes old. */
const polledAt = "turnout_queue_polled_at_timestamp_seconds";

/** Every metric costs money, so only those that are watched. */
export const publishedFigures: readonly PublishedFigure[] = [
  { name: "turnout_registrations_accepted_total" },
  { name: "turnout_requests_refused_total" },
  { name: "turnout_acceptance_paused" },
  { name: "turnout_registrations_received_total" },
  { name: "turnout_packs_received_total" },
  { name: "turnout_registrations_stored_total" },
  { name: "turnout_registrations_duplicate_total" },
  { name: "turnout_breaker_open" },
  { name: "turnout_queue_registrations_estimate", polledAt },
  { name: "turnout_queue_drain_per_second", polledAt },
  { name: "turnout_queue_eta_seconds", polledAt, unknown: -1 },
  { name: machineMemoryFigures.web },
  { name: machineMemoryFigures.worker },
];

export interface CloudWatchPublisherOptions {
  /** Name of the stack; undefined publishes nothing. */
  readonly stack: string | undefined;
  readonly region: string;
  readonly registry: Registry;
  readonly logger: Logger;
  /** The construct that grants the permission, for the error message. */
  readonly construct: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Default: a minute. */
  readonly everyMs?: number;
  /** Time for the last call during a stop, milliseconds. Default: 2 s. */
  readonly closeWithinMs?: number;
}

const defaultEveryMs = 60_000;
const defaultCloseWithinMs = 2_000;
const callTimeoutMs = 5_000;
const minBackoffMs = 1_000;
const maxBackoffMs = 300_000;

interface CloudWatch {
  put(data: MetricDatum[], abortSignal: AbortSignal): Promise<unknown>;
  close(): void;
}

async function openCloudWatch(region: string): Promise<CloudWatch> {
  const { CloudWatchClient, PutMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const client = new CloudWatchClient(clientOptions({ region, requestTimeoutMs: callTimeoutMs, maxAttempts: 1 }));
  return {
    put: (MetricData, abortSignal) =>
      client.send(new PutMetricDataCommand({ Namespace: figuresNamespace, MetricData }), { abortSignal }),
    close: () => client.destroy(),
  };
}

/**
 * @returns a part of the process. Start loads the client, so that nothing is loaded later; stop publishes the rest and
 *   ends within `closeWithinMs`
 */
export function createCloudWatchPublisher(options: CloudWatchPublisherOptions): Part {
  const { stack, region, registry, logger, construct, wallClock, random } = options;
  const { everyMs = defaultEveryMs, closeWithinMs = defaultCloseWithinMs } = options;
  const closing = new AbortController();
  const published = new Map<string, number>();
  let pending: MetricDatum[] = [];
  let failures = 0;
  let service: CloudWatch | undefined;
  let everyMinute: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;

  async function read(name: string): Promise<number[]> {
    const metric = await registry.getSingleMetric(name)?.get();
    return metric?.values.map(({ value }) => value) ?? [];
  }

  async function valueOf({ name, polledAt: timestampName, unknown }: PublishedFigure): Promise<number | undefined> {
    const values = await read(name);
    if (name.endsWith("_total")) {
      if (registry.getSingleMetric(name) === undefined) return undefined;
      const total = values.reduce((sum, value) => sum + value, 0);
      const added = total - (published.get(name) ?? 0);
      published.set(name, total);
      return added;
    }
    if (timestampName !== undefined) {
      const [at = 0] = await read(timestampName);
      if (at === (published.get(name) ?? 0)) return undefined;
      published.set(name, at);
    }
    // Of several, such as one per dependency, the worst.
    const value = Math.max(...values);
    return Number.isFinite(value) && value !== unknown ? value : undefined;
  }

  async function take(): Promise<void> {
    const Timestamp = new Date(wallClock());
    const Dimensions = [{ Name: figuresDimension, Value: stack }];
    for (const figure of publishedFigures) {
      // oxlint-disable-next-line no-await-in-loop -- of counts in memory
      const Value = await valueOf(figure);
      if (Value !== undefined) pending.push({ MetricName: figure.name, Dimensions, Timestamp, Value });
    }
    pending = pending.slice(-cloudWatchLimits.maxDataOfCall);
  }

  async function attempt(): Promise<void> {
    const data = pending;
    if (data.length === 0 || !service) return;
    pending = [];
    try {
      await service.put(data, AbortSignal.any([closing.signal, AbortSignal.timeout(callTimeoutMs)]));
      if (failures > 0) logger.info({ failures }, "figures reach CloudWatch again");
      failures = 0;
    } catch (error) {
      pending = [...data, ...pending].slice(-cloudWatchLimits.maxDataOfCall);
      failures += 1;
      if (failures === 1) {
        const action = "cloudwatch:PutMetricData";
        logger.warn({ err: error, action, construct }, "figures do not reach CloudWatch; all else goes on");
      }
    }
  }

  function send(): Promise<void> {
    sending ??= attempt().finally(() => (sending = undefined));
    return sending;
  }

  function tryAgainLater(): void {
    if (failures === 0 || closing.signal.aborted || !everyMinute) return;
    const delayMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** failures) * random();
    retry = setTimeout(() => {
      retry = undefined;
      void send().then(tryAgainLater);
    }, delayMs);
    retry.unref();
  }

  async function minute(): Promise<void> {
    await take();
    if (retry || sending) return;
    await send();
    tryAgainLater();
  }

  return {
    name: "figures",
    async start() {
      if (stack === undefined) return;
      service = await openCloudWatch(region);
      everyMinute = setInterval(() => {
        minute().catch((error: unknown) => logger.error({ err: error }, "figures could not be read"));
      }, everyMs);
      everyMinute.unref();
    },
    async stop() {
      clearInterval(everyMinute);
      everyMinute = undefined;
      clearTimeout(retry);
      if (!service) return;
      const deadline = setTimeout(() => closing.abort(), closeWithinMs);
      try {
        await sending;
        await take();
        await send();
      } finally {
        clearTimeout(deadline);
        service.close();
        service = undefined;
      }
    },
  };
}
