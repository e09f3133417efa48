import { t } from "../../equipment/file-test.ts";
import { attendeePageHeaders, consolePageHeaders } from "../../../shared/page/page-headers.ts";

const pageHeaders = attendeePageHeaders;

const policy = new Map(
  pageHeaders["content-security-policy"].split("; ").map((directive) => {
    const [name = "", ...sources] = directive.split(" ");
    return [name, sources.join(" ")];
  }),
);

t.test("lets a page load nothing but our own files", async (t) => {
  t.equal(policy.get("default-src"), "'none'");
  for (const [name, sources] of policy) t.ok(sources === "'self'" || sources === "'none'", name);
});

t.test("allows no inline script, no inline style and no frame", async (t) => {
  t.notMatch(pageHeaders["content-security-policy"], /unsafe|data:|nonce|\*/);
  t.equal(policy.get("frame-ancestors"), "'none'");
  t.equal(policy.get("base-uri"), "'none'");
});

t.test("keeps the address of a status page from other sites", async (t) => {
  t.equal(pageHeaders["referrer-policy"], "no-referrer");
});

t.test("the console keeps nothing in caches, and sends its forms with their origin", async (t) => {
  t.equal(consolePageHeaders["content-security-policy"], pageHeaders["content-security-policy"]);
  t.equal(consolePageHeaders["cache-control"], "no-store");
  t.not(consolePageHeaders["referrer-policy"], "no-referrer", "with it, forms would be sent with Origin: null");
});
