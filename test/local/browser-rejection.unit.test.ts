import { t } from "../equipment/file-test.ts";
import { browserRejection, pageRejection } from "../../local/browser-rejection.ts";

t.test("programs on this machine are answered, by whichever of its names", async (t) => {
  for (const host of ["127.0.0.1:3004", "localhost:3004", "[::1]:3004", "localhost", "127.0.0.1:9"])
    t.equal(browserRejection({ host }), undefined, host);
});

t.test("a page is not: neither under a rebound name, nor from another origin, nor as a picture", async (t) => {
  const strangers = [
    "evil.example",
    "evil.example:3004",
    "127.0.0.1.nip.io:3004",
    "localhost.evil.example",
    "127.0.0.2",
    "0.0.0.0",
    "",
  ];
  for (const host of strangers) t.match(browserRejection({ host }), /127\.0\.0\.1/, host);
  t.match(browserRejection({}), /127\.0\.0\.1/);
  const host = "127.0.0.1:3004";
  for (const origin of ["http://evil.example", "null", "http://127.0.0.1:3000", `http://${host}`])
    t.match(browserRejection({ host, origin }), /no web pages/, origin);
  for (const site of ["cross-site", "same-site", "same-origin", "none"])
    t.match(browserRejection({ host, "sec-fetch-site": site }), /no web pages/, site);
  t.match(browserRejection({ host, referer: "http://evil.example/" }), /no web pages/);
});

t.test("a page for people is opened by them, and loaded or framed by no other site", async (t) => {
  const host = "localhost:3005";
  const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  for (const headers of [
    {},
    { "sec-fetch-site": "none", ...navigation },
    { "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors" },
    { "sec-fetch-site": "cross-site", ...navigation },
    { origin: `http://${host}` },
  ]) {
    t.equal(pageRejection({ host, ...headers }), undefined, JSON.stringify(headers));
  }
  for (const headers of [
    { host: "evil.example" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", ...navigation, "sec-fetch-dest": "iframe" },
    { origin: "http://evil.example" },
    { origin: "null" },
  ]) {
    t.type(pageRejection({ host, ...headers }), "string", JSON.stringify(headers));
  }
});
