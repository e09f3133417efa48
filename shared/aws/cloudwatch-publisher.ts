/**
 * Publishes a tier's own figures to CloudWatch, where the dashboard and the command look for them: once a minute, in one
 * call. Which figures those are stands here; what they mean, in each tier's `metrics.ts`.
 *
 * It stands beside the work and never in its way: it reads the counts that `/metrics` shows anyway, has one call under way
 * at most, and keeps what could not be sent up to the size of one call, the oldest given up first. While CloudWatch rejects
 * or fails, it asks ever more seldom. A call that timed out may have arrived all the same and is sent again, so a minute may
 * count twice after an error: these figures are for looking at, the tables are for counting.
 */
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { clientOptions } from "./aws-clients.ts";
import { cloudWatchLimits } from "./aws-limits.ts";
import type { Part } from "../process/lifecycle.ts";
import type { Logger } from "../process/logger.ts";
import type { Registry } from "../process/metrics.ts";
import { figuresNamespace } from "./tier-grants.ts";

/** The dimension that tells two deployments apart. */
export const figuresDimension = "Stack";

interface PublishedFigure {
  /** As on `/metrics`. What ends in `_total` is published as what was added since the last time, anything else as it stands. */
  readonly name: string;
  /** A time that changes with each look at this figure. One that was not looked at since is left out: it is another's now. */
  readonly polledAt?: string;
  /** The value that stands for "cannot be told". */
  readonly unknown?: number;
}

/** The daemon asks one worker after the other to look at the queue; what the others saw some minutes ago is no news. */
const polledAt = "turnout_queue_looked_at_timestamp_seconds";

/** Each costs the price of a metric, so these are the ones that somebody looks at. */
export const publishedFigures: readonly PublishedFigure[] = [
  { name: "turnout_registrations_accepted_total" },
  { name: "turnout_requests_refused_total" },
  { name: "turnout_registrations_received_total" },
  { name: "turnout_packs_received_total" },
  { name: "turnout_registrations_stored_total" },
  { name: "turnout_registrations_duplicate_total" },
  { name: "turnout_breaker_open" },
  { name: "turnout_queue_registrations_estimate", polledAt },
  { name: "turnout_queue_drain_per_second", polledAt },
  { name: "turnout_queue_eta_seconds", polledAt, unknown: -1 },
];

export interface CloudWatchPublisherOptions {
  /** Name of the stack whose figures these are; undefined publishes nothing. */
  readonly stack: string | undefined;
  readonly region: string;
  readonly registry: Registry;
  readonly logger: Logger;
  /** The construct that grants the right to publish, for the message when it is missing. */
  readonly construct: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Default: a minute. */
  readonly everyMs?: number;
  /** What a stop may take for the last figures, milliseconds. Default: 2 s. */
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
 * @returns a part of the process: its start loads the client, so that nothing is loaded later, among the requests; its stop
 *   publishes what the last minute brought and ends within `closeWithinMs`, whether CloudWatch answers or not
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

  async function valueOf({ name, polledAt: looked, unknown }: PublishedFigure): Promise<number | undefined> {
    const values = await read(name);
    if (name.endsWith("_total")) {
      if (registry.getSingleMetric(name) === undefined) return undefined;
      const total = values.reduce((sum, value) => sum + value, 0);
      const added = total - (published.get(name) ?? 0);
      published.set(name, total);
      return added;
    }
    if (looked !== undefined) {
      const [at = 0] = await read(looked);
      if (at === (published.get(name) ?? 0)) return undefined;
      published.set(name, at);
    }
    // Of several, such as one for each dependency, the worst.
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
