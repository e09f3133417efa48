/** Closes an HTTP server without waiting for clients that have nothing more to say. */
import type { Server } from "node:http";

export interface HttpService {
  readonly server: Pick<Server, "closeIdleConnections">;
  close(): Promise<unknown>;
}

const lookEveryMs = 50;

/**
 * Takes no further connections and settles when every request under way is answered. Node itself ends the connections
 * that are idle when the server closes; one whose request was under way then would stay open after its answer, kept alive
 * by the client (a balancer does), for longer than any stop may take.
 */
export async function closeHttp({ server, close }: HttpService): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), lookEveryMs);
  try {
    await close();
  } finally {
    clearInterval(sweep);
  }
}
