import t from "tap";
import { loadAssets } from "../../console/assets.ts";

t.test("the chart library is served by the console itself, under the fingerprint of all its files", async (t) => {
  const assets = loadAssets();
  for (const file of ["console.css", "overview.js", "live.js", "charts.js", "uplot.js", "uplot.css", "icon.svg"]) {
    const path = assets.url(file).replace("/assets/", "");
    t.match(path, /^[\w-]{12}\//);
    t.ok(assets.find(path)?.body.length, file);
  }
  t.match(assets.find(assets.url("uplot.js").slice(8)), { contentType: /javascript/ });
  for (const path of ["console.css", "other/console.css", "../../package.json", ""]) t.notOk(assets.find(path), path);
  t.throws(() => assets.url("nothing.js"));
});
