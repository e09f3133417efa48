/**
 * Server-Sent Events for open pages: each listens to one topic. The number of listeners, and how much is buffered for one that
 * does not read, are bounded.
 */
import type { ServerResponse } from "node:http";

export interface EventStreams {
  /**
   * Answers a request with a stream that stays open.
   * @param first data of the first event, sent at once
   * @returns false, without having answered, if there are too many listeners
   */
  open(topic: string, response: ServerResponse, headers: Readonly<Record<string, string>>, first: string): boolean;
  /** @param data one line of text */
  publish(topic: string, data: string): void;
  listeners(topic: string): number;
  /** Ends all streams and opens no more. Safe to call twice. */
  close(): void;
}

export interface EventStreamsOptions {
  readonly maxClients: number;
  /** Keeps the connection open, and tells the page that the console is alive. */
  readonly heartbeatMs: number;
  /** Buffered for one client before its stream is closed; its browser reconnects. */
  readonly maxWaitingBytes: number;
}

/** After which a browser reconnects. */
const retryMs = 2_000;

export function createEventStreams({ maxClients, heartbeatMs, maxWaitingBytes }: EventStreamsOptions): EventStreams {
  const clients = new Map<ServerResponse, string>();
  let closed = false;
  const heartbeat = setInterval(() => {
    for (const response of clients.keys()) write(response, ": alive\n\n");
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
