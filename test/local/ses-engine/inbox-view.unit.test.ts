import { t } from "../../equipment/file-test.ts";
import { linked } from "../../../local/ses-engine/inbox-view.ts";

t.test("links in a text are found without the punctuation after them", async (t) => {
  const url = "http://127.0.0.1:3000/registrations/a_b-c";
  t.same(linked(`See ${url}.\n(${url})`), [
    { text: "See " },
    { text: url, url },
    { text: ".\n(" },
    { text: url, url },
    { text: ")" },
  ]);
  t.same(linked("javascript:alert(1)"), [{ text: "javascript:alert(1)" }]);
  t.same(linked(""), []);
});
