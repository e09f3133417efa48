import { t } from "../../../equipment/file-test.ts";

interface Submission {
  readOutcome(response: Response): Promise<Record<string, unknown>>;
  createKey(): string;
}
// What the module knows of its page.
Object.assign(globalThis, { location: new URL("https://event.example/") });
const { readOutcome, createKey } = (await import(
  new URL("../../../../web/page/assets/submission-sender.js", import.meta.url).href
)) as Submission;

const reply = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readOutcome(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }));

t.test("takes only an acceptance that says where to ask for accepted", async (t) => {
  t.match(await reply(202, { statusUrl: "/registrations/abc", retryAfterSeconds: 3 }), {
    kind: "accepted",
    statusUrl: "/registrations/abc",
    retryAfterSeconds: 3,
  });
  for (const body of ["", "<html>", {}, { statusUrl: 5 }, { statusUrl: "https://elsewhere.example/x" }, null]) {
    t.match(await reply(202, body), { kind: "again" }, JSON.stringify(body));
  }
  t.match(await reply(200, { statusUrl: "/registrations/abc" }), { kind: "again" }, "a 200 is no acceptance");
});

t.test("tries again what may succeed later, when it was asked to", async (t) => {
  t.strictSame(await reply(503, {}, { "retry-after": "4" }), { kind: "again", reason: "busy", seconds: 4 });
  t.strictSame(await reply(429, "", { "retry-after": "9" }), { kind: "again", reason: "limited", seconds: 9 });
  t.match(await reply(403, { code: "TURNOUT_NOT_OPEN_YET" }), { kind: "again", reason: "soon" });
});

t.test("claims nothing after an answer that leaves the outcome open", async (t) => {
  for (const status of [500, 502, 504]) t.match(await reply(status, "<html>"), { kind: "again", reason: "offline" });
});

t.test("does not try again what will not succeed", async (t) => {
  const errors = [{ pointer: "/email", detail: "Wrong." }];
  t.strictSame(await reply(400, { errors }), { kind: "invalid", validationErrors: errors });
  t.strictSame(await reply(403, { code: "TURNOUT_CLOSED" }), { kind: "closed" });
  t.strictSame(await reply(413, { detail: "Too large." }), { kind: "rejected", detail: "Too large." });
  t.strictSame(await reply(403, "<html>"), { kind: "rejected", detail: "" });
});

t.test("makes a key that nobody else has, also in a page that came over plain HTTP", async (t) => {
  t.match(createKey(), /^[\w-]{32,}$/);
  t.not(createKey(), createKey());
  t.intercept(globalThis, "crypto", {
    value: { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) },
    configurable: true,
  });
  t.equal(createKey(), "07".repeat(16));
});
