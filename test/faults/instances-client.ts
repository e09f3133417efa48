/** The load's registration client, for any of several web instances; it also reads the status page. */
import { createRegistrationClient, type Reply, type SubmittedContent } from "../../load/run/registration-client.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";

export interface InstancesClient {
  /** Never rejects. @param idempotencyKey the same for each retry of a submission */
  post(webUrl: string, submission: Submission, idempotencyKey: string): Promise<Reply>;
  /** Never rejects. */
  correct(webUrl: string, receipt: string, content: SubmittedContent): Promise<Reply>;
  /** Never rejects. */
  withdraw(webUrl: string, receipt: string): Promise<Reply>;
  /** @returns the status of a registration, undefined when it could not be had */
  status(webUrl: string, statusUrl: string): Promise<string | undefined>;
  close(): void;
}

const maxConnections = 1_024;
const timeoutMs = 20_000;

export function createInstancesClient(): InstancesClient {
  const clients = new Map<string, ReturnType<typeof createRegistrationClient>>();

  function clientOf(url: string) {
    const client =
      clients.get(url) ?? createRegistrationClient({ url, maxConnections, timeoutMs, readStatusUrl: true });
    clients.set(url, client);
    return client;
  }

  return {
    post: (webUrl, submission, idempotencyKey) => clientOf(webUrl).post(submission, idempotencyKey),
    correct: (webUrl, receipt, content) => clientOf(webUrl).correct(receipt, content),
    withdraw: (webUrl, receipt) => clientOf(webUrl).withdraw(receipt),
    async status(webUrl, statusUrl) {
      try {
        const headers = { accept: "application/json", connection: "close" };
        const signal = AbortSignal.timeout(timeoutMs);
        const response = await fetch(new URL(statusUrl, webUrl), { headers, signal });
        return response.status === 200 ? ((await response.json()) as { status: string }).status : undefined;
      } catch {
        return undefined;
      }
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}
