/** The load's own front door, to any of several web instances, and with a look at the status page. */
import { createFrontDoor as createDoorTo, type Reply } from "../../load/run/front-door.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";

export interface RegistrationClient {
  /** Never rejects. @param idempotencyKey the same for each retry of a submission */
  post(webUrl: string, submission: Submission, idempotencyKey: string): Promise<Reply>;
  /** @returns the status of a registration, undefined when it could not be had */
  status(webUrl: string, statusUrl: string): Promise<string | undefined>;
  close(): void;
}

const maxConnections = 1_024;
const timeoutMs = 20_000;

export function createRegistrationClient(): RegistrationClient {
  const doors = new Map<string, ReturnType<typeof createDoorTo>>();

  function doorTo(url: string) {
    const door = doors.get(url) ?? createDoorTo({ url, maxConnections, timeoutMs, readStatusUrl: true });
    doors.set(url, door);
    return door;
  }

  return {
    post: (webUrl, submission, idempotencyKey) => doorTo(webUrl).post(submission, idempotencyKey),
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
      for (const door of doors.values()) door.close();
    },
  };
}
