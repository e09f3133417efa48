import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { askSite } from "../../../deploy/stack/site.ts";

const calm = new AbortController().signal;

t.test("an answer is an answer, whatever its status, and a redirect is one too", async (t) => {
  const server = createServer((_request, response) => response.writeHead(301, { location: "/x" }).end("moved")).listen(
    0,
  );
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { status, headers, text } = await askSite(`http://127.0.0.1:${port}`, {}, calm);
  t.strictSame([status, headers.get("location"), text], [301, "/x", "moved"]);
});

t.test("why there was no answer is told, with the site's name and not the whole address", async (t) => {
  await t.rejects(askSite("http://127.0.0.1:1/registrations/secret", {}, calm), {
    message: /^http:\/\/127\.0\.0\.1:1 gave no answer: .*(ECONNREFUSED|bad port)/,
  });
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await t.rejects(askSite("http://127.0.0.1:1", {}, stop.signal), { message: "stopped" });
});
