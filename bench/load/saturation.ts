/**
 * Saturating load by autocannon: so many connections, each sending its next request as soon as it has an answer. An exact
 * number of requests, each of another person, so that afterwards both ends can be counted against each other.
 */
import autocannon from "autocannon";
import { registrationOf, submissionOf } from "../people.ts";

export interface SaturationOrder {
  readonly url: string;
  readonly connections: number;
  readonly requests: number;
  readonly firstPerson: number;
  /** As the body: what an attendee sends, or what stands on the queue. */
  readonly body: "submission" | "registration";
}

export interface SaturationResult {
  readonly seconds: number;
  readonly answersPerSecond: number;
  readonly accepted: number;
  readonly refused: number;
  /** Connections that broke, and answers that did not come in time. */
  readonly errors: number;
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p97_5: number; readonly p99: number; readonly max: number };
}

const timeoutSeconds = 30;
/** How often autocannon checks whether all is answered: the longest idle time at the end of a measurement. */
const sampleMs = 50;

export async function saturate(order: SaturationOrder): Promise<SaturationResult> {
  const { url, requests, firstPerson, body } = order;
  const connections = Math.min(order.connections, requests);
  let clients = 0;
  const result = await autocannon({
    url,
    connections,
    amount: requests,
    timeout: timeoutSeconds,
    sampleInt: sampleMs,
    setupClient(client) {
      const own = clients;
      clients += 1;
      const list: autocannon.Request[] = [];
      for (let offset = own; offset < requests; offset += connections) {
        const person = firstPerson + offset;
        const content = body === "submission" ? submissionOf(person) : registrationOf(person);
        list.push({
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: JSON.stringify(content),
        });
      }
      client.setRequests(list);
    },
  });
  const { latency, non2xx, errors, duration } = result;
  const accepted = result["2xx"];
  return {
    seconds: duration,
    answersPerSecond: Math.round((accepted + non2xx) / duration),
    accepted,
    refused: non2xx,
    errors,
    latency: { p50: latency.p50, p97_5: latency.p97_5, p99: latency.p99, max: latency.max },
  };
}
