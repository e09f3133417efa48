/** What the application serves of the event beside its form. */
import { t } from "../equipment/file-test.ts";
import { buildTestApp, testEvent } from "../equipment/web-app.ts";

const site = "https://summit.example.org";

t.test("the API's document says who is behind it and under which rules", async (t) => {
  const organiser = { name: "Summit e.V.", email: "hello@summit.example.org", url: site };
  const event = { ...testEvent, organiser, links: { conduct: `${site}/conduct`, privacy: `${site}/privacy` } };
  const { app } = await buildTestApp({ event });
  const plain = await buildTestApp();
  t.teardown(() => Promise.all([app.close(), plain.app.close()]));
  const infoOf = async (of: typeof app) => (await of.inject("/openapi.json")).json<{ info: object }>().info;
  const bare = { title: "Turnout: Test Event", description: "An event for tests", version: "1" };
  t.same(await infoOf(app), { ...bare, contact: organiser, termsOfService: `${site}/conduct` });
  t.same(await infoOf(plain.app), bare);
});

t.test("the logo is cached for ever, and runs nothing where it is opened by itself", async (t) => {
  const logo = { type: "svg", bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') } as const;
  const { app } = await buildTestApp({ parts: { logo } });
  t.teardown(() => app.close());
  const page = await app.inject("/");
  const [, url = ""] = /<img class="logo" src="([^"]+)"/.exec(page.body) ?? [];
  const reply = await app.inject(url);
  t.equal(reply.statusCode, 200);
  t.same(reply.rawPayload, logo.bytes);
  t.match(reply.headers, {
    "content-type": "image/svg+xml; charset=utf-8",
    "cache-control": /immutable/,
    "x-content-type-options": "nosniff",
    "content-security-policy": /default-src 'none'.*sandbox/,
  });
});
