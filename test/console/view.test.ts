import t from "tap";
import { loadAssets } from "../../console/assets.ts";
import { createView, visible, visibleValue } from "../../console/view.ts";

t.test("what cannot be seen is written out: nothing hides, nothing turns the line around", async (t) => {
  t.equal(visible("a\u202eb\u0000c\u200bd\u001be"), String.raw`a\u202eb\u0000c\u200bd\u001be`);
  t.equal(visible("ä\n\t😀"), "ä\n\t😀");
  t.equal(visibleValue(null), "nothing");
  t.equal(visibleValue(2), "2");
});

t.test("a page names its deployment, marks its section, and loads nothing from elsewhere", async (t) => {
  const view = createView({
    assets: loadAssets(),
    deployment: "stack <summit>",
    formToken: "token",
    wallClock: () => 0,
  });
  const html = view.page("problem", "system", "<Title>", { text: "Oh", rest: [] });
  t.match(html, "stack &lt;summit&gt;");
  t.match(html, /<a href="\/system" aria-current="page">/);
  t.match(html, "<h1>&lt;Title&gt;</h1>");
  t.notMatch(html, /(src|href)="(https?:)?\/\//);
  t.notMatch(html, /<style|style="|onclick|<script>/);
});
