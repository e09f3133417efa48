import t from "tap";
import { loadTemplates } from "../../../web/page/templates.ts";

const render = loadTemplates();

t.test("escapes whatever it prints, in text and in attributes", async (t) => {
  const html = render("attributes", { attributes: { value: `"><script>alert('x')</script>&` } });
  t.equal(html, ` value="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"`);
});

t.test("leaves out an attribute that is not there", async (t) => {
  t.equal(render("attributes", { attributes: { id: "a", hidden: undefined, required: "" } }), ` id="a" required=""`);
});

t.test("says which template it does not have", async (t) => {
  t.throws(() => render("nothing", {}), { message: /nothing/ });
});
