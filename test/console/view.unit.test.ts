import { t } from "../equipment/file-test.ts";
import { loadAssets } from "../../console/assets.ts";
import { createZonedTimes } from "../../terminal/zoned-times.ts";
import { createView, visible, visibleValue } from "../../console/view.ts";
import { showBody } from "../../console/raw-body.ts";
import { reasonWords } from "../../console/reason-words.ts";
import { deadLetterReasons } from "../../shared/dead-letters/dead-letter.ts";

t.test("what cannot be seen is written out: nothing hides, nothing turns the line around", async (t) => {
  t.equal(visible("a\u202eb\u0000c\u200bd\u001be"), String.raw`a\u202eb\u0000c\u200bd\u001be`);
  t.equal(visible("ä\n\t😀"), "ä\n\t😀");
  t.equal(visibleValue(null), "nothing");
  t.equal(visibleValue(2), "2");
});

t.test("a page names its event and deployment, marks its section, and loads nothing from elsewhere", async (t) => {
  const view = createView({
    assets: loadAssets(),
    deployment: "stack <summit>",
    eventName: "Summit <of> the North",
    formToken: "token",
    wallClock: () => 0,
    times: createZonedTimes("Europe/Berlin"),
    tab: () => ({ words: "▲ 37 dead letters", icon: "icon-attention.svg" }),
  });
  const html = view.page("problem", "system", "<Title>", { text: "Oh", rest: [] });
  t.match(html, "stack &lt;summit&gt;");
  t.match(html, "Summit &lt;of&gt; the North");
  t.match(html, "<title>▲ 37 dead letters – &lt;Title&gt; – Summit &lt;of&gt; the North</title>");
  t.match(html, /<link rel="icon"[^>]*icon-attention\.svg"/, "without any script");
  t.match(html, /<a href="\/system" aria-current="page">/);
  t.match(html, "<h1>&lt;Title&gt;</h1>");
  t.notMatch(html, /(src|href)="(https?:)?\/\//);
  t.notMatch(html, /<style|style="|onclick|<script>/);
});

t.test("the chart library is served by the console itself, under the fingerprint of all its files", async (t) => {
  const assets = loadAssets();
  for (const file of ["console.css", "overview.js", "live.js", "charts.js", "uplot.js", "uplot.css", "tab.js"]) {
    const path = assets.url(file).replace("/assets/", "");
    t.match(path, /^[\w-]{12}\//);
    t.ok(assets.find(path)?.body.length, file);
  }
  t.match(assets.find(assets.url("uplot.js").slice(8)), { contentType: /javascript/ });
  for (const path of ["console.css", "other/console.css", "../../package.json", ""]) t.notOk(assets.find(path), path);
  t.throws(() => assets.url("nothing.js"));
});

t.test("JSON is laid out, anything else shown as it is, and either way in bounds", async (t) => {
  t.match(showBody('{"a":1}'), { text: '{\n  "a": 1\n}', formatted: true, more: 0, bytes: 7 });
  t.match(showBody("5"), { text: "5", formatted: false });
  t.match(showBody("{cut \u202e"), { text: String.raw`{cut \u202e`, formatted: false });
  t.match(showBody("x".repeat(100_000)), { more: 60_000, bytes: 100_000 });
});

t.test("every reason has words and a way out", async (t) => {
  for (const reason of deadLetterReasons) {
    t.notMatch(reasonWords[reason].title, reason);
    t.match(reasonWords[reason].help, /replay/i);
  }
});
