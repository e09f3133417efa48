/** Plays what stands in front of a deployment, CloudFront and the web tier behind it, for those who look from outside. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

type Handler = (request: IncomingMessage, response: ServerResponse, times: number) => void;

export const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "public, max-age=60",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'",
};

function progress(cache: "Hit" | "Miss"): Handler {
  const headers = { "cache-control": "public, max-age=1, s-maxage=1", "x-cache": `${cache} from cloudfront` };
  return (_request, response) => response.writeHead(200, headers).end('{"storedUntil":null}');
}

/** As infra means it to be. */
const asIntended: Readonly<Record<string, Handler>> = {
  "GET /": (_request, response, times) =>
    response
      .writeHead(200, { ...pageHeaders, "x-cache": times > 1 ? "Hit from cloudfront" : "Miss from cloudfront" })
      .end("<form>"),
  "GET /progress?turnout-verify=1": progress("Miss"),
  "GET /progress?turnout-verify=2": progress("Hit"),
  "GET /registrations/turnout-verify": (_request, response) =>
    response.writeHead(404, { "cache-control": "no-store", "x-cache": "Error from cloudfront" }).end("{}"),
  "GET /plain": (_request, response) => response.writeHead(301, { location: "https://d1.cloudfront.net/" }).end(),
};

/** @param changed what answers otherwise: method and path → handler */
export async function startFront(t: Test, changed: Readonly<Record<string, Handler>> = {}) {
  const handlers = { ...asIntended, ...changed };
  const times = new Map<string, number>();
  const server = createServer((request, response) => {
    const key = `${request.method} ${request.url}`;
    times.set(key, (times.get(key) ?? 0) + 1);
    const handler = handlers[key];
    if (handler) handler(request, response, times.get(key) ?? 0);
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, times };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
