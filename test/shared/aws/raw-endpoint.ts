/** An endpoint whose answers a test writes byte by byte: what no engine would do. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Test } from "tap";

/** @returns a whole answer with this content */
export function answer(content: object, status = "200 OK", head = ""): string {
  const json = JSON.stringify(content);
  return `HTTP/1.1 ${status}\r\n${head}content-type: application/x-amz-json-1.0\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

export interface Endpoint {
  readonly url: string;
  /** Requests so far, as they came over the wire. */
  readonly requests: string[];
  connections: number;
}

/** @param react what the endpoint does with a connection on which a request has begun, each time */
export async function endpoint(test: Test, react: (socket: Socket, attempt: number) => void): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const text = chunk.toString();
      if (!text.startsWith("POST ")) return;
      requests.push(text);
      react(socket, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const seen: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: 0,
  };
  return seen;
}
