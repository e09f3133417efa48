import { t } from "../equipment/file-test.ts";
import { createRegistry } from "../../shared/process/metrics.ts";
import { buildTestApp } from "../equipment/web-app.ts";

const valid = { email: "ada@example.org", name: "Ada", answers: { meal: "meat", terms: true } };

t.test("an address where nothing is gets a problem document, or a page where a page was asked for", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  for (const url of ["/nothing", "/registration", "/health/x", "/..%2f..%2fetc/passwd", "/assets/../main.ts"]) {
    const reply = await app.inject(url);
    t.equal(reply.statusCode, 404, url);
    t.match(reply.headers["content-type"], /^application\/problem\+json/);
    t.match(reply.json(), { code: "TURNOUT_NOT_FOUND" });
  }
  const page = await app.inject({ url: "/nothing", headers: { accept: "text/html" } });
  t.equal(page.statusCode, 404);
  t.match(page.headers["content-type"], /^text\/html/);
});

t.test("an address that is there for other methods says for which", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  for (const [url, allow] of [
    ["/registrations", "POST"],
    ["/registrations/k.x", "DELETE, GET, HEAD, PUT"],
    ["/registrations/k.x/correction", "GET, HEAD, POST"],
    ["/registrations/k.x/withdrawal", "GET, HEAD, POST"],
    ["/", "GET, HEAD"],
    ["/?x=y", "GET, HEAD"],
    ["/assets/x/page.css", "GET, HEAD"],
    ["/health", "GET, HEAD"],
    ["/ready", "GET, HEAD"],
    ["/openapi.json", "GET, HEAD"],
    ["/robots.txt", "GET, HEAD"],
  ] as const) {
    for (const method of (["PUT", "PATCH", "DELETE", "OPTIONS"] as const).filter((one) => !allow.includes(one))) {
      const reply = await app.inject({ method, url });
      t.equal(reply.statusCode, 405, `${method} ${url}`);
      t.equal(reply.headers.allow, allow, `${method} ${url}`);
      t.match(reply.json(), { code: "TURNOUT_METHOD_NOT_ALLOWED", status: 405 });
    }
    if (!allow.includes("GET")) continue;
    const head = await app.inject({ method: "HEAD", url });
    const get = await app.inject(url);
    t.equal(head.statusCode, get.statusCode, `HEAD ${url}`);
    t.equal(head.body, "");
  }
  for (const type of ["text/plain", "application/json", "x"]) {
    const headers = { "content-type": type };
    const reply = await app.inject({ method: "PUT", url: "/health", headers, payload: "{broken" });
    t.equal(reply.statusCode, 405, `whatever is wrong with the body: ${type}`);
  }
  for (const url of ["/nothing", "/metrics", "/docs"]) {
    t.equal((await app.inject({ method: "POST", url })).statusCode, 404, `${url} is unknown`);
  }
});

t.test("an URL that is none is the asker's mistake, not ours", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  for (const [url, status, code] of [
    ["/%", 400, "TURNOUT_REQUEST_INVALID"],
    ["/assets/%c0%80", 400, "TURNOUT_REQUEST_INVALID"],
    ["/registrations/%ff", 404, "TURNOUT_RECEIPT_UNKNOWN"],
  ] as const) {
    const reply = await app.inject(url);
    t.equal(reply.statusCode, status, url);
    t.match(reply.headers["content-type"], /^application\/problem\+json/);
    t.match(reply.json(), { code });
  }
});

t.test(
  "an error that nobody foresaw is 500 without a word about it, counted, and logged without attendee data",
  async (t) => {
    const registry = createRegistry("web");
    const { app, log } = await buildTestApp({
      parts: {
        registry,
        statuses: {
          read: () => Promise.reject(new TypeError("cannot read properties of ada@example.org at 10.1.2.3")),
        },
      },
    });
    t.teardown(() => app.close());
    const { statusUrl } = (await app.inject({ method: "POST", url: "/registrations", payload: valid })).json() as {
      statusUrl: string;
    };
    const reply = await app.inject(statusUrl);
    t.equal(reply.statusCode, 500);
    t.notMatch(reply.body, /properties|10\.1|TypeError|at /);
    t.match(reply.json(), { code: "TURNOUT_INTERNAL" });
    t.ok(log.records.some(({ code }) => code === "TURNOUT_INTERNAL"));
    t.match(await registry.metrics(), /turnout_requests_refused_total\{code="TURNOUT_INTERNAL",tier="web"\} 1/);
  },
);

t.test("the OpenAPI document describes what is asked and answered, from the same schemas that decide it", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  const document = (await app.inject("/openapi.json")).json() as {
    openapi: string;
    paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>;
  };
  t.equal(document.openapi, "3.1.0");
  t.same(Object.keys(document.paths).toSorted(), [
    "/health",
    "/progress",
    "/ready",
    "/registrations",
    "/registrations/{receipt}",
  ]);
  const post = document.paths["/registrations"]!.post!;
  t.ok(post.responses["202"]);
  t.match(JSON.stringify(post.requestBody), /"meal".*"vegetarian"/);
  t.match(JSON.stringify(post.requestBody), /"additionalProperties":false/);
});

t.test("the description of the API is data: there is no page of somebody else's that shows it", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  for (const url of ["/docs", "/docs/", "/docs/openapi.json", "/reference"]) {
    t.equal((await app.inject({ url, headers: { accept: "text/html" } })).statusCode, 404, url);
  }
  t.match((await app.inject("/openapi.json")).headers["content-type"], /^application\/json/, "control");
});

t.test("it outlasts the balancer's idle time-out, so that it is never the one that hangs up first", async (t) => {
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  t.ok(app.server.timeout > 65_000);
  t.equal(app.server.keepAliveTimeout, 0, "no other timer ends it sooner");
});

t.test("a head has ten seconds, and never longer than the whole request", async (t) => {
  for (const [requestTimeoutMs, headMs] of [
    [120_000, 10_000],
    [4_000, 4_000],
  ] as const) {
    const { app } = await buildTestApp({ limits: { requestTimeoutMs } });
    t.teardown(() => app.close());
    t.match(app.server, { headersTimeout: headMs, requestTimeout: requestTimeoutMs });
  }
});

t.test("nothing is logged of a request that went well", async (t) => {
  const { app, log } = await buildTestApp();
  t.teardown(() => app.close());
  for (const url of ["/", "/health", "/ready"]) t.equal((await app.inject(url)).statusCode, 200);
  t.equal((await app.inject({ method: "POST", url: "/registrations", payload: valid })).statusCode, 202);
  t.same(log.records, []);
});
