import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { t } from "../equipment/file-test.ts";
import { deadConnection, host, key, openConsole, origin } from "./open-console.ts";

t.test("a name that was rebound to this machine is answered 421, whatever it asks for", async (t) => {
  const { app, cookie } = await openConsole(t, deadConnection(t));
  for (const url of ["/", "/health", `/?token=${key}`, "/assets/x", "/events", "/registrations/export"]) {
    for (const method of ["GET", "POST"] as const) {
      const answer = await app.inject({ method, url, headers: { host: "evil.example:3002", cookie, origin } });
      t.equal(answer.statusCode, 421, `${method} ${url}`);
      t.notOk(answer.headers["set-cookie"]);
    }
  }
});

t.test("without the cookie nothing is shown; the link gives it, and takes itself out of the address bar", async (t) => {
  const { app, get } = await openConsole(t, deadConnection(t));
  for (const url of ["/", "/history.json", "/events", "/dead-letters", "/registrations", "/system", "/system/log"]) {
    const answer = await app.inject({ url, headers: { host } });
    t.equal(answer.statusCode, 401, url);
    t.match(answer.body, /Open the link that <code>turnout console<\/code> printed/);
  }
  const wrong = await app.inject({ url: "/?token=another", headers: { host } });
  t.equal(wrong.statusCode, 403);
  const right = await app.inject({ url: `/?token=${key}`, headers: { host } });
  t.match(right, { statusCode: 303, headers: { location: "/", "set-cookie": /HttpOnly; SameSite=Strict/ } });
  t.equal((await get("/")).statusCode, 200);
});

t.test("a post from elsewhere, or without the token of our pages, changes nothing", async (t) => {
  const { app, post, cookie } = await openConsole(t, deadConnection(t), true);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  for (const url of [
    "/replays",
    "/replays/x/stop",
    "/dead-letters/x/edit",
    "/dead-letters/x/discard",
    "/registrations",
  ]) {
    const foreign = await post(url, {}, { origin: "http://evil.example" });
    t.match(foreign, { statusCode: 403, body: /nothing was changed/ }, url);
    t.equal((await post(url, {}, { origin: "http://127.0.0.1:3000" })).statusCode, 403, "another port");
    t.equal((await post(url, {}, { origin: "null" })).statusCode, 403);
    const headers = { host, cookie, origin, ...form };
    t.equal((await app.inject({ method: "POST", url, headers, payload: "why=x" })).statusCode, 403, "no token");
    const json = { ...headers, "content-type": "application/json" };
    t.ok((await app.inject({ method: "POST", url, headers: json, payload: "{}" })).statusCode >= 400, "JSON");
  }
});

t.test("with the deployment down every page still answers, and says what to do", async (t) => {
  const { get, post, watch } = await openConsole(t, deadConnection(t));
  watch.start();
  for (const deadline = Date.now() + 10_000; !watch.snapshot().failure && Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const overview = await get("/");
  t.equal(overview.statusCode, 200);
  t.match(overview.body, /The console cannot reach the deployment[^]*The endpoint does not answer. Check/);
  t.match(overview.body, /Web tier<\/b> does not answer/, "the tiers are asked all the same");
  for (const url of ["/dead-letters", "/dead-letters/some-id", "/replays/new?all=yes", "/system/log"]) {
    const answer = await get(url);
    t.equal(answer.statusCode, 502, url);
    t.match(answer.body, "The endpoint does not answer. Check");
    t.notMatch(answer.body, /at .*\.ts:\d/, "no stack trace");
  }
  t.equal((await post("/registrations", { email: "ann@example.org" })).statusCode, 502);
  t.equal((await post("/registrations/export", { format: "csv" })).statusCode, 502, "no half file");
  t.equal((await get("/system")).statusCode, 200);
});

t.test("an address that is none is a page of ours too; every answer carries the policy", async (t) => {
  const { get, app } = await openConsole(t, deadConnection(t));
  const missing = await get("/no<b>thing");
  t.equal(missing.statusCode, 404);
  t.notMatch(missing.body, "<b>thing");
  for (const url of ["/", "/no", "/health", "/replays/gone"]) {
    t.match(
      (await get(url)).headers,
      { "content-security-policy": /default-src 'none'/, "cache-control": "no-store" },
      url,
    );
  }
  t.match((await app.inject({ url: "/health", headers: { host } })).json(), { status: "ok" });
  const [, asset = ""] = /src="([^"]+overview\.js)"/.exec((await get("/")).body) ?? [];
  t.match((await get(asset)).headers, { "content-type": /javascript/, "cache-control": /immutable/ });
});

t.test(
  "a request line of any form is answered as what it is: nothing here, and no failure of the deployment",
  async (t) => {
    const { app, cookie } = await openConsole(t, deadConnection(t));
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    for (const target of ["//[", "//", "http://[", "//evil.example/", "/%", "/\u00e4"]) {
      const socket = connect(port, "127.0.0.1");
      socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
      const answer = await text(socket);
      t.match(answer, /^HTTP\/1\.1 40[04] /, target);
    }
  },
);
