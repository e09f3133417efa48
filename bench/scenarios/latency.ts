/**
 * How much longer an attendee waits than the queue itself needs: the web tier at an easy rate, in turns with bare
 * `SendMessage` calls from the same generator at the same rate.
 */
import { saturatingConnections, type Laboratory } from "../laboratory.ts";
import type { ArrivalsResult } from "../load/arrivals.ts";
import { variantNamed } from "../variants.ts";

export interface LatencyTrial {
  readonly round: number;
  readonly ratePerSecond: number;
  /** Milliseconds, from the request to the whole answer. */
  readonly product: ArrivalsResult["latency"];
  readonly sendMessage: ArrivalsResult["latency"];
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

export interface LatencyLength {
  /** Of each of the two. */
  readonly seconds: number;
  /** Of the usual number of people who come before, as fast as they are taken: an instance in service is a warm one. */
  readonly scale: number;
}

const ratePerSecond = 300;
const maxConnections = 400;

export async function runLatencyTrial(
  laboratory: Laboratory,
  round: number,
  { seconds, scale }: LatencyLength,
): Promise<LatencyTrial> {
  const { script, nodeFlags, warmUp } = variantNamed("web/product");
  await laboratory.aws.clear();
  const subject = laboratory.start({ name: "web tier at an easy rate", script, nodeFlags });
  try {
    const url = await subject.url();
    await laboratory.load.saturate({
      url: `${url}/registrations`,
      connections: saturatingConnections,
      requests: Math.ceil(warmUp * scale),
      firstPerson: 3_000_000,
      body: "submission",
    });
    const settling = Math.ceil(seconds / 2);
    const order = { ratePerSecond, seconds, firstPerson: 1_000_000 };
    await laboratory.load.post({ ...order, url, maxConnections, seconds: settling, firstPerson: 0 });
    await laboratory.load.sendMessages({ ...order, seconds: settling, firstPerson: 0 });
    const product = await laboratory.load.post({ ...order, url, maxConnections });
    const sendMessage = await laboratory.load.sendMessages({ ...order, firstPerson: 2_000_000 });
    return {
      round,
      ratePerSecond,
      product: product.latency,
      sendMessage: sendMessage.latency,
      addedP50Ms: product.latency.p50 - sendMessage.latency.p50,
      addedP99Ms: product.latency.p99 - sendMessage.latency.p99,
    };
  } finally {
    await subject.stop();
  }
}
