import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import { withBaseStyle } from "../../../shared/page/base-style.ts";
import { loadTemplates } from "../../../shared/page/templates.ts";

const root = join(import.meta.dirname, "../../..");
const render = loadTemplates(join(root, "web/page/templates"));

t.test("escapes whatever it prints, in text and in attributes", async (t) => {
  const html = render("attributes", { attributes: { value: `"><script>alert('x')</script>&` } });
  t.equal(html, ` value="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"`);
});

t.test("escapes in the caller's way where it has one", async (t) => {
  const bracketed = loadTemplates(join(root, "web/page/templates"), { escape: (value) => `[${String(value)}]` });
  t.equal(bracketed("attributes", { attributes: { value: "<a>" } }), ` [value]="[<a>]"`);
});

t.test("leaves out an attribute that is not there", async (t) => {
  t.equal(render("attributes", { attributes: { id: "a", hidden: undefined, required: "" } }), ` id="a" required=""`);
});

t.test("says which template it does not have", async (t) => {
  t.throws(() => render("nothing", {}), { message: /nothing/ });
});

t.test("every template of the console compiles, and escapes", async (t) => {
  const changes = { "<b>": { from: "<script>", to: '"&' } };
  const console = loadTemplates(join(root, "console/templates"));
  const html = console("changes", { changes, visible: String, visibleValue: String });
  t.match(html, "&lt;script&gt;");
  t.notMatch(html, "<script>");
});

t.test("a template that does not compile stops the start", async (t) => {
  t.throws(() => loadTemplates(t.testdir({ "broken.eta": "<% if ( { %>" })));
});

t.test("both style sheets start with the common part", async (t) => {
  t.match(withBaseStyle(Buffer.from(".own {}")).toString(), /^:root \{[^]*\[hidden\][^]*\.own \{\}$/);
});
