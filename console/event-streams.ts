/**
 * Server-Sent Events for the pages that are open: each listens to one topic and is sent what is published there. Bounded in
 * how many listen and in how much waits for one that does not read.
 */
import type { ServerResponse } from "node:http";

export interface EventStreams {
  /**
   * Answers a request with a stream that stays open.
   * @param first what it is sent at once
   * @returns false, and nothing was answered, when too many listen already
   */
  open(topic: string, response: ServerResponse, headers: Readonly<Record<string, string>>, first: string): boolean;
  /** @param data one line of text */
  publish(topic: string, data: string): void;
  listeners(topic: string): number;
  /** Ends all streams; further ones are refused. Safe to call twice. */
  close(): void;
}

export interface EventStreamsOptions {
  readonly maxClients: number;
  /** So that both ends, and whatever is between them, know that the other is there. */
  readonly heartbeatMs: number;
  /** What may wait for one client before it is let go; its browser comes again. */
  readonly maxWaitingBytes: number;
}

/** After which pause a browser comes again that has lost its stream. */
const retryMs = 2_000;

export function createEventStreams({ maxClients, heartbeatMs, maxWaitingBytes }: EventStreamsOptions): EventStreams {
  const clients = new Map<ServerResponse, string>();
  let closed = false;
  const heartbeat = setInterval(() => {
    for (const response of clients.keys()) write(response, ": still here\n\n");
  }, heartbeatMs);
  heartbeat.unref();

  function write(response: ServerResponse, text: string): void {
    if (response.writableLength > maxWaitingBytes) {
      clients.delete(response);
      response.destroy();
    } else response.write(text);
  }

  return {
    open(topic, response, headers, first) {
      if (closed || clients.size >= maxClients) return false;
      response.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8" });
      response.once("close", () => clients.delete(response));
      response.on("error", () => clients.delete(response));
      clients.set(response, topic);
      write(response, `retry: ${retryMs}\ndata: ${first}\n\n`);
      return true;
    },
    publish(topic, data) {
      for (const [response, of] of clients) if (of === topic) write(response, `data: ${data}\n\n`);
    },
    listeners: (topic) => [...clients.values()].filter((of) => of === topic).length,
    close() {
      closed = true;
      clearInterval(heartbeat);
      for (const response of clients.keys()) response.end();
      clients.clear();
    },
  };
}
