import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { checkEdge } from "../../../deploy/stack/edge-check.ts";
import { askSite } from "../../../deploy/stack/site.ts";
import { pageHeaders, startFront } from "./front.ts";

async function check(t: Test, changed: Parameters<typeof startFront>[1] = {}, originPorts: readonly number[] = [1]) {
  const { url } = await startFront(t, changed);
  const signal = new AbortController().signal;
  return checkEdge({ url, plainUrl: `${url}/plain`, originHost: "127.0.0.1", originPorts, signal });
}

t.test("a correct site passes", async (t) => {
  const checks = await check(t);
  t.strictSame(
    checks.map(({ name, status }) => `${name}: ${status}`),
    [
      "event page: ok",
      "security headers: ok",
      "https only: ok",
      "page is cached: ok",
      "progress is cached: ok",
      "status is never cached: ok",
      "nothing else is served: ok",
      "origin is closed: ok",
    ],
  );
});

t.test("each deviation is found, and only that one", async (t) => {
  const open = createServer().listen(0, "127.0.0.1");
  await once(open, "listening");
  t.teardown(() => open.close());
  const { port } = open.address() as AddressInfo;
  const { "x-frame-options": _, ...framed } = pageHeaders;
  const cases: [name: string, changed: Parameters<typeof startFront>[1], found: RegExp, ports?: number[]][] = [
    ["event page", { "GET /": (_r, response) => response.writeHead(404).end() }, /404/],
    [
      "security headers",
      { "GET /": (_r, response) => response.writeHead(200, { ...framed, age: "3" }).end("<form>") },
      /x-frame-options: missing/,
    ],
    ["https only", { "GET /plain": (_r, response) => response.writeHead(200).end() }, /answers 200/],
    ["page is cached", { "GET /": (_r, response) => response.writeHead(200, pageHeaders).end("<form>") }, /none of 4/],
    [
      "progress is cached",
      { "GET /progress?turnout-verify=1": (_r, response) => response.writeHead(404).end() },
      /answers 404/,
    ],
    [
      "progress is cached",
      Object.fromEntries(
        [1, 2, 3, 4].map((tries) => [
          `GET /progress?turnout-verify=${tries}`,
          (_r, response) => response.writeHead(200, { "x-cache": "Miss from cloudfront" }).end("{}"),
        ]),
      ),
      /none of 4/,
    ],
    [
      "status is never cached",
      {
        "GET /registrations/turnout-verify": (_r, response) =>
          response.writeHead(404, { "cache-control": "no-store", "x-cache": "Hit from cloudfront" }).end(),
      },
      /Hit/,
    ],
    ["nothing else is served", { "GET /metrics": (_r, response) => response.writeHead(200).end("turnout_") }, /200/],
    ["origin is closed", {}, new RegExp(`port ${port}`), [1, port]],
  ];
  for (const [name, changed, found, ports] of cases) {
    const wrong = (await check(t, changed, ports)).filter(({ status }) => status !== "ok");
    const expected = name === "event page" ? ["event page", "page is cached"] : [name];
    t.strictSame(
      wrong.map((one) => one.name),
      expected,
    );
    t.match(wrong[0], { status: "failed", found, todo: /\w/ });
  }
});

t.test("a page that is not cacheable for now is no failure of the cache", async (t) => {
  const headers = { ...pageHeaders, "cache-control": "public, max-age=0, must-revalidate" };
  const checks = await check(t, { "GET /": (_r, response) => response.writeHead(200, headers).end() });
  t.match(
    checks.find(({ name }) => name === "page is cached"),
    { status: "skipped" },
  );
});

t.test("a site that does not answer has failed, with the reason", async (t) => {
  const signal = new AbortController().signal;
  const checks = await checkEdge({ url: "http://127.0.0.1:1", originHost: "127.0.0.1", originPorts: [1], signal });
  t.match(checks[0], { name: "event page", status: "failed", found: /gave no answer/ });
  t.equal(checks.length, 7, "and the rest was checked");
});

const calm = new AbortController().signal;

t.test("any status is a response, and a redirect is not followed", async (t) => {
  const server = createHttpServer((_request, response) =>
    response.writeHead(301, { location: "/x" }).end("moved"),
  ).listen(0);
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { status, headers, text } = await askSite(`http://127.0.0.1:${port}`, {}, calm);
  t.strictSame([status, headers.get("location"), text], [301, "/x", "moved"]);
});

t.test("an error names the site and not the whole URL", async (t) => {
  await t.rejects(askSite("http://127.0.0.1:1/registrations/secret", {}, calm), {
    message: /^http:\/\/127\.0\.0\.1:1 gave no answer: .*(ECONNREFUSED|bad port)/,
  });
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await t.rejects(askSite("http://127.0.0.1:1", {}, stop.signal), { message: "stopped" });
});
