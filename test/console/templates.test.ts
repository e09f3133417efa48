import t from "tap";
import { loadTemplates } from "../../console/templates.ts";

t.test("every template compiles, and what is printed is escaped", async (t) => {
  const render = loadTemplates();
  const html = render("changes", {
    changes: { "<b>": { from: "<script>", to: '"&' } },
    visible: String,
    visibleValue: String,
  });
  t.match(html, "&lt;script&gt;");
  t.notMatch(html, "<script>");
  t.throws(() => render("no-such-template", {}));
});
