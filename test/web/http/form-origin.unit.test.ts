import { t } from "../../equipment/file-test.ts";
import { rejectForeignForm } from "../../../web/http/form-origin.ts";

const host = "event.example.org";

function isTaken(headers: Record<string, string>, publicOrigin?: string): boolean {
  try {
    rejectForeignForm({ headers: { host, ...headers } }, publicOrigin);
    return true;
  } catch (error) {
    t.match(error, { code: "TURNOUT_ORIGIN_REFUSED" });
    return false;
  }
}

t.test("a form of the event's own page is taken, and so is a program that says nothing of where it is", async (t) => {
  t.ok(isTaken({ "sec-fetch-site": "same-origin", origin: `https://${host}` }));
  t.ok(isTaken({ "sec-fetch-site": "none" }), "an address that somebody typed");
  t.ok(isTaken({ origin: `https://${host}` }), "an older browser");
  t.ok(isTaken({ origin: `http://${host}` }), "behind a proxy that ends TLS");
  t.ok(isTaken({}));
});

t.test("a form of another site is rejected, whatever it claims", async (t) => {
  t.notOk(isTaken({ "sec-fetch-site": "cross-site" }));
  t.notOk(isTaken({ "sec-fetch-site": "same-site" }), "another host of the same domain");
  t.notOk(isTaken({ "sec-fetch-site": "cross-site", origin: `https://${host}` }));
  t.notOk(isTaken({ "sec-fetch-site": "something-new" }));
});

t.test(
  "our own pages make a browser say null: that is taken, unless it also says that it comes from elsewhere",
  async (t) => {
    for (const publicOrigin of [undefined, "https://summit.example.org"]) {
      t.ok(isTaken({ origin: "null" }, publicOrigin));
      t.ok(isTaken({ origin: "null", "sec-fetch-site": "same-origin" }, publicOrigin));
      t.notOk(isTaken({ origin: "null", "sec-fetch-site": "cross-site" }, publicOrigin));
    }
  },
);

t.test("where the public name is known, it decides, whatever host was asked", async (t) => {
  const publicOrigin = "https://summit.example.org";
  t.ok(isTaken({ origin: publicOrigin }, publicOrigin));
  for (const origin of [
    `https://${host}`,
    "http://summit.example.org",
    "https://summit.example.org:8443",
    "https://evil.example",
  ]) {
    t.notOk(isTaken({ origin, "x-forwarded-host": "evil.example" }, publicOrigin), origin);
  }
});

t.test("where only an Origin is sent, it has to be the very host that was asked", async (t) => {
  for (const origin of [
    "https://evil.example",
    `https://${host}.evil.example`,
    `https://evil.example/${host}`,
    `https://${host}:8443`,
    `https://sub.${host}`,
    "",
    "not a URL",
  ]) {
    t.notOk(isTaken({ origin }), origin);
  }
});
