import Fastify from "fastify";
import { t } from "../../equipment/file-test.ts";
import { watchPaths } from "../../../web/http/known-paths.ts";

t.test("a path is known by the routes that match it, with all of their methods", async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  const paths = watchPaths(app);
  app.get("/", async () => "");
  app.post("/things", async () => "");
  app.get("/things", async () => "");
  app.delete("/things/:id", async () => "");
  app.get("/files/*", async () => "");
  app.get("/a.b", async () => "");
  app.get("/secret", { config: { unlisted: true } }, async () => "");
  await app.ready();
  t.same(paths.methodsAt("/"), ["GET", "HEAD"]);
  t.same(paths.methodsAt("/things"), ["GET", "HEAD", "POST"]);
  t.same(paths.methodsAt("/things?x=/y"), ["GET", "HEAD", "POST"]);
  t.same(paths.methodsAt("/things/5"), ["DELETE"]);
  t.same(paths.methodsAt("/files/a/b.css"), ["GET", "HEAD"]);
  for (const url of ["/things/", "/things/5/6", "/thing", "/axb", "/secret", "", "*", "//"]) {
    t.same(paths.methodsAt(url), [], url);
  }
});
