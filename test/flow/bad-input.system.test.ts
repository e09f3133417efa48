/** What should never get in, against the running tiers: rejected with its own status and code, and nothing of it queued. */
import { request } from "node:http";
import { connect } from "node:net";
import t from "tap";
import { acceptedOf, postRegistration, untilConfirmed } from "../equipment/attendee.ts";
import { eventually } from "../equipment/eventually.ts";
import { startStack } from "../equipment/running-stack.ts";

// Whole processes on a machine that may be busy.
t.setTimeout(240_000);

const running = await startStack();
t.teardown(() => running.stop());
const { web } = running;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Sends exactly these bytes, and reads an answer that may come before all of them were taken. */
async function send(body: string | Buffer, headers: Record<string, string>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request(`${web}/registrations`, { method: "POST", agent: false, headers }, (incoming) => {
    let text = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (chunk: string) => (text += chunk));
    incoming.on("end", () => {
      resolve({ status: incoming.statusCode ?? 0, type: incoming.headers["content-type"] ?? "", body: text });
      outgoing.destroy();
    });
  });
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}

const json = { "content-type": "application/json" };
const valid = { email: "bad-input@example.org", name: "Nobody" };
const text = JSON.stringify(valid);
const withName = (name: string) => JSON.stringify({ ...valid, name });
const withAnswers = (answers: unknown) => JSON.stringify({ ...valid, answers });

/** What is sent, what it is answered with, and where the error is pointed out. */
const cases: [
  what: string,
  body: string | Buffer,
  status: number,
  pointer?: string | undefined,
  headers?: Record<string, string>,
][] = [
  ["nothing", "", 400],
  ["an empty object", "{}", 400, "/email"],
  ["broken JSON", text.slice(0, -1), 400],
  ["JSON with a comma too many", `${text.slice(0, -1)},}`, 400],
  ["a list", `[${text}]`, 400, ""],
  ["a wrong type", JSON.stringify({ ...valid, email: 5 }), 400, "/email"],
  ["a value in a list, which some would coerce", JSON.stringify({ ...valid, email: [valid.email] }), 400, "/email"],
  ["a number as text, which some would coerce", withAnswers({ guests: "2" }), 400, "/answers/guests"],
  ["a tick as text, which some would coerce", withAnswers({ newsletter: "true" }), 400, "/answers/newsletter"],
  ["an answer that is no option", withAnswers({ ticket: "All days" }), 400, "/answers/ticket"],
  ["an extra property", JSON.stringify({ ...valid, admin: true }), 400, "/admin"],
  ["an extra answer", withAnswers({ secret: 1 }), 400, "/answers/secret"],
  ["an answer named constructor", withAnswers({ constructor: "x" }), 400, "/answers/constructor"],
  ["an answer named toString", withAnswers({ toString: "x" }), 400, "/answers/toString"],
  ["a missing name", JSON.stringify({ email: valid.email }), 400, "/name"],
  ["a blank name", withName("   "), 400, "/name"],
  ["a name that cannot be seen", withName("\u200b\u2060"), 400, "/name"],
  ["a name of Hangul fillers", withName("\u3164"), 400, "/name"],
  ["a name of an empty Braille pattern", withName("\u2800"), 400, "/name"],
  ["a name of half-width fillers", withName("\uffa0"), 400, "/name"],
  ["a name of a variation selector", withName("\ufe0f"), 400, "/name"],
  ["null as an answer", withAnswers({ organisation: null }), 400, "/answers/organisation"],
  ["an address with a full-width @", JSON.stringify({ ...valid, email: "ada＠example.org" }), 400, "/email"],
  ["an address with two dots in a row", JSON.stringify({ ...valid, email: "a..da@example.org" }), 400, "/email"],
  ["an address with a dot before the @", JSON.stringify({ ...valid, email: "ada.@example.org" }), 400, "/email"],
  [
    "an address with an invisible mark inside",
    JSON.stringify({ ...valid, email: "a\u200bda@example.org" }),
    400,
    "/email",
  ],
  ["two addresses", JSON.stringify({ ...valid, email: "a@example.org, b@example.org" }), 400, "/email"],
  ["NUL", withName("a\u0000b"), 400, "/name"],
  ["a lone surrogate in an escape", text.replace("Nobody", String.raw`\ud83d`), 400, "/name"],
  ["a reversed pair of surrogates", text.replace("Nobody", String.raw`\udf9f\ud83d`), 400, "/name"],
  ["U+FFFF", withName("a\uffff"), 400, "/name"],
  ["U+FFFE", withName("a\ufffe"), 400, "/name"],
  ["an escape sequence", withName("\u001b]0;owned\u0007"), 400, "/name"],
  ["a C1 control character", withName("a\u009b31m"), 400, "/name"],
  ["__proto__", `{"__proto__":{"email":"x@example.org"},${text.slice(1)}`, 400],
  ["constructor.prototype", `{"constructor":{"prototype":{"x":1}},${text.slice(1)}`, 400],
  ["nesting without end", `{"answers":${"[".repeat(8_000)}${"]".repeat(8_000)}}`, 400],
  [
    "an address with a line feed",
    JSON.stringify({ ...valid, email: "a@example.org\nBcc: b@example.org" }),
    400,
    "/email",
  ],
  [
    "an address of 400 characters",
    JSON.stringify({ ...valid, email: `${"a".repeat(400)}@example.org` }),
    400,
    "/email",
  ],
  ["an address made to be slow to check", JSON.stringify({ ...valid, email: `${"a.".repeat(5_000)}!` }), 400, "/email"],
  ["a key that is none", text, 400, undefined, { ...json, "idempotency-key": "two words" }],
  ["17 KB", withName("x".repeat(17_000)), 413],
  ["2 MB", withName("x".repeat(2_000_000)), 413],
  [
    "2 MB in pieces of unknown total",
    withName("x".repeat(2_000_000)),
    413,
    undefined,
    { ...json, "transfer-encoding": "chunked" },
  ],
  ["text/plain", text, 415, undefined, { "content-type": "text/plain" }],
  ["no type at all", text, 415, undefined, {}],
  ["a multipart form", text, 415, undefined, { "content-type": "multipart/form-data; boundary=b" }],
  ["compressed bytes", Buffer.from([0x1f, 0x8b, 8, 0]), 400, undefined, { ...json, "content-encoding": "gzip" }],
  ["an empty form", "", 400, "/email", { "content-type": "application/x-www-form-urlencoded" }],
  [
    "a form with __proto__",
    "__proto__=x&email=a%40example.org&name=A",
    400,
    undefined,
    { "content-type": "application/x-www-form-urlencoded" },
  ],
  ...[
    "application/x-www-form-urlencoded",
    "Application/X-WWW-Form-Urlencoded",
    "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8",
  ].flatMap((type) =>
    [{}, { "sec-fetch-site": "cross-site" }, { "x-forwarded-host": "evil.example" }].map(
      (more): [string, string, number, undefined, Record<string, string>] => [
        `a form that comes from elsewhere, as ${type} with ${JSON.stringify(more)}`,
        "email=a%40example.org&name=A",
        403,
        undefined,
        { "content-type": type, origin: "https://evil.example", ...more },
      ],
    ),
  ),
];

t.test("every kind of bad input is told by status, code and pointer, as a problem document", async (t) => {
  for (const [what, body, status, pointer, headers = json] of cases) {
    const answer = await send(body, headers);
    t.equal(answer.status, status, what);
    t.match(answer.type, /^application\/problem\+json/, what);
    const problem = JSON.parse(answer.body) as { code: string; status: number; errors?: { pointer: string }[] };
    t.match(problem, { code: /^TURNOUT_[A-Z_]+$/, status }, what);
    if (pointer !== undefined) {
      t.ok(
        problem.errors?.some((error) => error.pointer === pointer),
        `${what}: ${answer.body.slice(0, 300)}`,
      );
    }
    t.notMatch(answer.body, /node_modules|at .*\.ts|SyntaxError/, `${what}: nothing of our insides`);
  }
});

/** What is typed, pasted or sent by old browsers, and is unmistakable. Each is registered under an address of its own. */
const meant: [what: string, address: string, typed: (address: string) => string][] = [
  ["invisible marks around", "marks@example.org", (address) => `\u200b${address}\u2060`],
  ["direction marks around", "direction@example.org", (address) => `\u202a${address}\u202c`],
  ["a link", "link@example.org", (address) => `mailto:${address}`],
  ["a name before it", "named@example.org", (address) => `Ada <${address}>`],
  ["a comma behind it", "comma@example.org", (address) => `${address},`],
  ["a semicolon behind it", "semicolon@example.org", (address) => `${address};`],
  ["a dot behind it", "dot@example.org", (address) => `${address}.`],
  ["quotes around", "quotes@example.org", (address) => `"${address}"`],
];

t.test("what is unmistakable is taken: addresses as people paste them, our own form from an old browser", async (t) => {
  for (const [what, address, typed] of meant) {
    const answer = await send(JSON.stringify({ email: typed(address), name: "Pasted" }), json);
    t.equal(answer.status, 202, `${what}: ${answer.body}`);
  }
  const form = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };
  const old = await send("email=old%40example.org&name=Old", { ...form, origin: "null" });
  t.equal(old.status, 303, "an Origin of null, as our pages make it");
});

t.test("bytes that are no UTF-8 are rejected, and not stored as something else", async (t) => {
  const bytes = Buffer.concat([
    Buffer.from(`{"email":"utf8@example.org","name":"`),
    Buffer.from([0xc3, 0x28, 0xff]),
    Buffer.from('"}'),
  ]);
  const answer = await send(bytes, json);
  t.equal(answer.status, 400, answer.body);
});

t.test("a connection that is cut in the middle of a body registers nobody", async () => {
  const socket = connect(Number(new URL(web).port), "127.0.0.1");
  socket.write(
    `POST /registrations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n${text}`,
  );
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.destroy();
});

t.test("of the rest, nothing was queued, stored or dead-lettered; whoever comes after is served", async (t) => {
  await eventually(async () => (await running.outstanding()) === 0, "what was taken is stored");
  t.same(await running.deadLetters(), []);
  await untilConfirmed(web, await acceptedOf(await postRegistration(web, { email: "good@example.org", name: "Good" })));
  const addresses = ["good@example.org", "old@example.org", ...meant.map(([, address]) => address)];
  t.same((await running.stored()).map(({ email }) => email).toSorted(), addresses.toSorted());
});
