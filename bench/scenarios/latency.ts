/**
 * How much longer an attendee waits than the queue itself needs: the web tier at an easy rate, in turns with bare
 * `SendMessage` calls from the same generator at the same rate.
 */
import type { Laboratory } from "../laboratory.ts";
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

const ratePerSecond = 300;
const maxConnections = 400;

/** @param seconds of each of the two */
export async function runLatencyTrial(laboratory: Laboratory, round: number, seconds: number): Promise<LatencyTrial> {
  const { script, nodeFlags } = variantNamed("web/product");
  await laboratory.aws.clear();
  const subject = laboratory.start({ name: "web tier at an easy rate", script, nodeFlags });
  try {
    const url = await subject.url();
    const warmUp = Math.ceil(seconds / 2);
    const order = { ratePerSecond, seconds, firstPerson: 1_000_000 };
    await laboratory.load.post({ ...order, url, maxConnections, seconds: warmUp, firstPerson: 0 });
    await laboratory.load.sendMessages({ ...order, seconds: warmUp, firstPerson: 0 });
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
