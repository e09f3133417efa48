import Fastify from "fastify";
import { t } from "../../equipment/file-test.ts";
import { rejectBrowsers } from "../../../local/sqs-engine/browser-guard.ts";

t.test("a server that is built afterwards rejects a page before it does anything", async (t) => {
  const build = () => {
    let asked = 0;
    const app = Fastify();
    t.teardown(() => app.close());
    app.all("/", async () => `asked ${(asked += 1)}`);
    return { app, asked: () => asked };
  };
  const before = build();
  rejectBrowsers();
  const after = build();
  const host = "127.0.0.1:3003";
  const pages = [
    { host: "evil.example:3003" },
    { host, origin: "http://evil.example" },
    { host, "sec-fetch-site": "cross-site" },
  ];
  for (const headers of pages) {
    for (const method of ["GET", "POST", "OPTIONS"] as const) {
      const answer = await after.app.inject({ method, url: "/?Action=PurgeQueue", headers });
      t.equal(answer.statusCode, 403, `${method} ${JSON.stringify(headers)}`);
      t.equal(answer.headers["access-control-allow-origin"], undefined);
    }
    t.equal((await before.app.inject({ url: "/", headers })).statusCode, 200, "control: one from before answers it");
  }
  t.equal(after.asked(), 0);
  t.equal((await after.app.inject({ method: "POST", url: "/", headers: { host } })).body, "asked 1");
});
