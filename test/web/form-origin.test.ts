import t from "tap";
import { refuseForeignForm } from "../../web/form-origin.ts";

const host = "event.example.org";

function isTaken(headers: Record<string, string>): boolean {
  try {
    refuseForeignForm({ headers, host });
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

t.test("a form of another site is refused, whatever it claims", async (t) => {
  t.notOk(isTaken({ "sec-fetch-site": "cross-site" }));
  t.notOk(isTaken({ "sec-fetch-site": "same-site" }), "another host of the same domain");
  t.notOk(isTaken({ "sec-fetch-site": "cross-site", origin: `https://${host}` }));
  t.notOk(isTaken({ "sec-fetch-site": "something-new" }));
});

t.test("where only an Origin is sent, it has to be the very host that was asked", async (t) => {
  for (const origin of [
    "https://evil.example",
    `https://${host}.evil.example`,
    `https://evil.example/${host}`,
    `https://${host}:8443`,
    `https://sub.${host}`,
    "null",
    "",
    "not a URL",
  ]) {
    t.notOk(isTaken({ origin }), origin);
  }
});
