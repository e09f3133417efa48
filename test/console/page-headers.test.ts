import t from "tap";
import { pageHeaders } from "../../console/page-headers.ts";

t.test("nothing inline, nothing from elsewhere, nothing framed, nothing kept", async (t) => {
  const policy = pageHeaders["content-security-policy"];
  t.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
  t.notMatch(policy, /unsafe|\*|data:/);
  t.equal(pageHeaders["cache-control"], "no-store");
  t.not(pageHeaders["referrer-policy"], "no-referrer", "with it, forms would be sent with Origin: null");
});
