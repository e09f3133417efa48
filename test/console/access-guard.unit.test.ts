import { t } from "../equipment/file-test.ts";
import { createAccessGuard, type Admission } from "../../console/access-guard.ts";

const port = 4711;
const host = `127.0.0.1:${port}`;
const origin = `http://${host}`;
const guard = createAccessGuard({ key: "the-key-of-this-start", openToMachine: false, port: () => port });
const open = createAccessGuard({ key: "the-key-of-this-start", openToMachine: true, port: () => port });

function cookieOf(admission: Admission): string {
  return ("cookie" in admission ? admission.cookie : undefined)?.split(";")[0] ?? "";
}

const cookie = cookieOf(guard.admit({ method: "GET", url: "/?token=the-key-of-this-start", headers: { host } }));
const get = (headers: Record<string, string>, url = "/", of = guard) => of.admit({ method: "GET", url, headers });
const post = (headers: Record<string, string>, of = guard) => of.admit({ method: "POST", url: "/replays", headers });

t.test("only this machine's own names with the console's own port are answered", async (t) => {
  for (const name of ["127.0.0.1", "localhost", "[::1]"]) {
    t.equal(get({ host: `${name}:${port}`, cookie }).kind, "pass", name);
  }
  const strangers = [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1",
    "127.0.0.1:80",
    `127.0.0.1.nip.io:${port}`,
    "",
  ];
  for (const name of strangers) t.equal(get({ host: name, cookie }).kind, "wrong-host", name);
  t.equal(get({ host: "evil.example" }, "/health").kind, "wrong-host", "not even whether it lives");
  t.equal(open.admit({ method: "GET", url: "/", headers: { host: "evil.example" } }).kind, "wrong-host");
});

t.test("the link lets a browser in, and nothing else does", async (t) => {
  t.match(cookie, /^turnout-console-4711=[\w-]{43}$/);
  const welcome = get({ host }, "/?token=the-key-of-this-start");
  t.match(welcome, { kind: "signed-in", cookie: /; Path=\/; HttpOnly; SameSite=Strict$/ });
  t.same(get({ host }, "/?token=the-key-of-another-start"), { kind: "locked", why: "wrong-link" });
  t.same(get({ host }), { kind: "locked", why: "no-cookie" });
  t.same(get({ host, cookie: "turnout-console-4711=guessed" }), { kind: "locked", why: "no-cookie" });
  t.equal(get({ host, cookie: `a=b; ${cookie}; c=d` }).kind, "pass");
  t.notMatch(cookie, "the-key-of-this-start", "the cookie is not the key");
  for (const url of ["/health", "/assets/x/console.css"]) t.equal(get({ host }, url).kind, "pass", url);
});

t.test("a request that changes something has to come from a page of this very origin", async (t) => {
  t.equal(post({ host, cookie, origin }).kind, "pass");
  t.equal(post({ host, cookie, origin, "sec-fetch-site": "same-origin" }).kind, "pass", "control");
  const foreign: Record<string, string>[] = [
    {},
    { origin: "null" },
    { origin: "http://evil.example" },
    { origin: "http://127.0.0.1:3000" },
    { origin: `https://${host}` },
    { origin: `http://localhost:${port}` },
    { origin, "sec-fetch-site": "cross-site" },
    { origin, "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    t.throws(() => post({ host, cookie, ...headers }), { code: "TURNOUT_ORIGIN_REFUSED" }, JSON.stringify(headers));
    t.throws(() => post({ host, cookie, ...headers }, open), { code: "TURNOUT_ORIGIN_REFUSED" }, "open as well");
  }
  t.same(post({ host, origin }), { kind: "locked", why: "no-cookie" });
});

t.test("scripts and pictures of other pages read nothing; a link from elsewhere may lead here", async (t) => {
  const site = { "sec-fetch-site": "cross-site" };
  t.throws(() => get({ host, cookie, ...site, "sec-fetch-mode": "no-cors" }, "/events"), {
    code: "TURNOUT_ORIGIN_REFUSED",
  });
  t.equal(get({ host, cookie, ...site, "sec-fetch-mode": "navigate" }).kind, "pass");
});

t.test("open to the machine, a browser gets its cookie by looking; to change something it needs it", async (t) => {
  const admission = get({ host }, "/", open);
  t.equal(admission.kind, "pass");
  t.equal(post({ host, origin, cookie: cookieOf(admission) }, open).kind, "pass");
  t.equal(post({ host, origin }, open).kind, "locked");
});

t.test("the token of the forms is checked, and another start has another", async (t) => {
  guard.checkFormToken(guard.formToken);
  for (const given of [undefined, "", "x", 5, [guard.formToken], cookie]) {
    t.throws(() => guard.checkFormToken(given), { code: "TURNOUT_ORIGIN_REFUSED" });
  }
  t.not(createAccessGuard({ key: "another", openToMachine: false, port: () => port }).formToken, guard.formToken);
});

t.test("an address is cut as the router cuts it, and none of any form makes it fail", async (t) => {
  for (const url of ["//[", "//[/?token=x", "http://[", "//", "///", "//127.0.0.1:x/", "?", "*", "/%", "\\\\x"]) {
    t.same(get({ host }, url), { kind: "locked", why: "no-cookie" }, url);
    t.equal(get({ host, cookie }, url).kind, "pass", url);
  }
  for (const url of ["//x/health", "http://x/health", "//x/assets/console.css"])
    t.equal(get({ host }, url).kind, "locked", `${url} is no public path`);
  t.equal(get({ host }, "/?a=b&token=the-key-of-this-start").kind, "signed-in", "control");
});
