import { connect, type AddressInfo } from "node:net";
import { t } from "../../equipment/file-test.ts";
import { pathOfRequestLine } from "../../../web/http/request-target.ts";
import { buildTestApp } from "../../equipment/web-app.ts";

t.test("of a whole URL in the request line, path and query are used", async (t) => {
  for (const [url, path] of [
    ["/", "/"],
    ["/a?b", "/a?b"],
    ["//evil.example/x", "//evil.example/x"],
    ["http://evil.example/", "/"],
    ["HTTPS://evil.example:8443/a/b?c=http://d/", "/a/b?c=http://d/"],
    ["http://evil.example", "/"],
    ["http://evil.example?x", "/?x"],
    ["http://user:word@evil.example/x", "/x"],
    ["*", "*"],
  ] as const) {
    t.equal(pathOfRequestLine({ url }), path, url);
  }
  t.equal(pathOfRequestLine({}), "/");
});

// `inject` would tidy up what this is about.
t.test("on the wire", async (t) => {
  const { app, receipts } = await buildTestApp();
  t.teardown(() => app.close());
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  async function say(...lines: string[]): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connect(port, "127.0.0.1");
    let said = "";
    socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
    socket.write([...lines, "Connection: close", "", ""].join("\r\n"));
    return promise;
  }

  t.test("a foreign name in the request line finds its way into no page", async (t) => {
    const receipt = receipts.seal({
      email: "ada@example.org",
      registrationId: "00000000-0000",
      submittedAt: "2026-03-01T10:00:00.000Z",
    });
    for (const path of ["/", `/registrations/${receipt}`, "/nothing", "/registrations/k.x"]) {
      const answer = await say(
        `GET http://evil.example${path} HTTP/1.1`,
        "Host: summit.example.org",
        "Accept: text/html",
      );
      t.match(answer, /^HTTP\/1\.1 (200|404) /, path);
      t.match(answer, /<!doctype html>/, path);
      t.notMatch(answer, "evil.example", path);
    }
  });

  t.test("two hosts are rejected, alike or not; one is not", async (t) => {
    t.match(await say("GET /health HTTP/1.1", "Host: a"), /^HTTP\/1\.1 200 /);
    for (const hosts of [
      ["Host: a", "Host: b"],
      ["Host: a", "hOST: a"],
    ]) {
      const answer = await say("GET /health HTTP/1.1", ...hosts);
      t.match(answer, /^HTTP\/1\.1 400 /);
      t.match(answer, /TURNOUT_REQUEST_INVALID/);
    }
    t.match(await say("GET /health HTTP/1.1"), /^HTTP\/1\.1 400 /, "none at all is none");
  });

  t.test("a method that nobody knows is told which ones are known", async (t) => {
    for (const method of ["TRACE", "PROPFIND", "PURGE", "QUERY"]) {
      t.match(await say(`${method} /registrations HTTP/1.1`, "Host: a"), /^HTTP\/1\.1 405 [^]*allow: POST\r\n/i);
    }
  });
});
