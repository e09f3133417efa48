/** `POST /registrations`: what is rejected, and how that is told. */
import { t } from "../../equipment/file-test.ts";
import { buildTestApp, testEvent } from "../../equipment/web-app.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { form, post, prepare, problemOf, valid, type Reply } from "./registration-requests.ts";

const pointers = (reply: Reply) => problemOf(reply).errors?.map(({ pointer }) => pointer) ?? [];
const withAnswers = (answers: unknown) => ({ ...valid, answers });
const good = valid.answers;

/** What is sent, and where the error is. */
const invalid: [what: string, body: unknown, pointer: string][] = [
  ["no email", { name: "Ada", answers: good }, "/email"],
  ["no name", { email: "ada@example.org", answers: good }, "/name"],
  ["a blank name", { ...valid, name: " \t " }, "/name"],
  ["a name of 201 characters", { ...valid, name: "x".repeat(201) }, "/name"],
  ["a name of 201 characters, a blank among them", { ...valid, name: ` ${"x".repeat(200)}` }, "/name"],
  ["a name of two lines", { ...valid, name: "Ada\nLovelace" }, "/name"],
  ["a name with NUL", { ...valid, name: "Ada\u0000" }, "/name"],
  ["a name with an escape sequence", { ...valid, name: "\u001b[31mAda" }, "/name"],
  ["a name with U+FFFF", { ...valid, name: "Ada\uffff" }, "/name"],
  ["a name with U+FFFE", { ...valid, name: "Ada\ufffe" }, "/name"],
  ["no answers where some are required", { email: "ada@example.org", name: "Ada" }, "/answers/meal"],
  ["a required answer that is missing", withAnswers({ terms: true }), "/answers/meal"],
  ["a required tick that is not ticked", withAnswers({ ...good, terms: false }), "/answers/terms"],
  ["an answer that is no option", withAnswers({ ...good, meal: "fish" }), "/answers/meal"],
  ["an option of another case", withAnswers({ ...good, meal: "Meat" }), "/answers/meal"],
  ["a text below its least length", withAnswers({ ...good, company: "x" }), "/answers/company"],
  ["a text above its greatest length", withAnswers({ ...good, company: "x".repeat(21) }), "/answers/company"],
  ["an email answer that is none", withAnswers({ ...good, contact: "boss" }), "/answers/contact"],
  ["a number below its minimum", withAnswers({ ...good, guests: -1 }), "/answers/guests"],
  ["a number above its maximum", withAnswers({ ...good, guests: 5 }), "/answers/guests"],
  ["a fraction of a guest", withAnswers({ ...good, guests: 1.5 }), "/answers/guests"],
  ["an answer to a question nobody asked", withAnswers({ ...good, extra: 1 }), "/answers/extra"],
  ["a property nobody knows", { ...valid, admin: true }, "/admin"],
  ["a registration id of one's own", { ...valid, id: "00000000-0000" }, "/id"],
  ["a body that is a list", [valid], ""],
  ["a body that is text", '"ada@example.org"', ""],
  ["a body that is a number", "5", ""],
  ["a body that is null", "null", ""],
];

const wrongTypes: unknown[] = [5, true, null, {}, ["ada@example.org"]];
for (const value of wrongTypes) {
  invalid.push([`an email that is ${JSON.stringify(value)}`, { ...valid, email: value }, "/email"]);
  invalid.push([`a name that is ${JSON.stringify(value)}`, { ...valid, name: value }, "/name"]);
}
for (const value of ["2", "", true, null, [2], {}]) {
  invalid.push([
    `guests that are ${JSON.stringify(value)}`,
    withAnswers({ ...good, guests: value }),
    "/answers/guests",
  ]);
}
for (const value of ["true", "on", 1, null, [true]]) {
  invalid.push([`terms that are ${JSON.stringify(value)}`, withAnswers({ ...good, terms: value }), "/answers/terms"]);
}
for (const value of ["text", 5, null, []]) {
  invalid.push([`answers that are ${JSON.stringify(value)}`, withAnswers(value), "/answers"]);
}
const badEmails = [
  "",
  "ada",
  "@example.org",
  "ada@",
  "ada@example",
  "ada@@example.org",
  "a b@example.org",
  '"quoted local"@example.org',
  "ada@[127.0.0.1]",
  "ada@127.0.0.1",
  ".ada@example.org",
  "ada.@example.org",
  "a..da@example.org",
  "ada@-example.org",
  "ada@example-.org",
  "ädä@example.org",
  "ada@exam_ple.org",
  `${"a".repeat(65)}@example.org`,
  `${"a".repeat(400)}@example.org`,
  `ada@${"x".repeat(64)}.org`,
  `ada@${"label.".repeat(50)}org`,
  "ada@example.org\u0000",
  "ada@example.org\r\nBcc: eve@example.org",
  `${"a.".repeat(5_000)}@example.org`,
];
for (const email of badEmails) {
  invalid.push([`the email ${JSON.stringify(email).slice(0, 50)}`, { ...valid, email }, "/email"]);
}

t.test(
  "whatever is wrong is rejected with 400 and a pointer to it, nothing is coerced and nothing queued",
  async (t) => {
    const stage = await prepare(t);
    for (const [what, body, pointer] of invalid) {
      const reply = await post(stage, body);
      t.equal(reply.statusCode, 400, what);
      t.match(reply.headers["content-type"], /^application\/problem\+json/, what);
      t.match(problemOf(reply), { code: "TURNOUT_REGISTRATION_INVALID", status: 400 }, what);
      t.ok(pointers(reply).includes(pointer), `${what}: ${JSON.stringify(pointers(reply))}`);
    }
    t.equal(stage.queued.length, 0);
    t.equal((await post(stage, valid)).statusCode, 202, "control: what is right is taken");
  },
);

t.test("several errors are told at once", async (t) => {
  const stage = await prepare(t);
  const reply = await post(stage, { email: "no", name: "", answers: { guests: 9, extra: 1 } });
  t.same(
    new Set(pointers(reply)),
    new Set(["/email", "/name", "/answers/guests", "/answers/extra", "/answers/meal", "/answers/terms"]),
  );
});

t.test(
  "a body that cannot be read, is too large or of another type is told as such, and nothing is queued",
  async (t) => {
    const stage = await prepare(t);
    const text = JSON.stringify(valid);
    const loneSurrogate = text.replace("Lovelace", String.raw`\ud800`);
    const cases: [what: string, status: number, code: string, payload: string, headers?: Record<string, string>][] = [
      ["nothing", 400, "TURNOUT_BODY_UNREADABLE", ""],
      ["half of it", 400, "TURNOUT_BODY_UNREADABLE", text.slice(0, 20)],
      ["no JSON", 400, "TURNOUT_BODY_UNREADABLE", "email=ada"],
      ["__proto__", 400, "TURNOUT_BODY_UNREADABLE", `{"__proto__":{"admin":true},${text.slice(1)}`],
      ["__proto__ in escapes", 400, "TURNOUT_BODY_UNREADABLE", String.raw`{"\u005f_proto__":{},` + text.slice(1)],
      [
        "__proto__ inside answers",
        400,
        "TURNOUT_BODY_UNREADABLE",
        text.replace('"meal"', '"__proto__":{"meal":"meat"},"meal"'),
      ],
      [
        "constructor.prototype",
        400,
        "TURNOUT_BODY_UNREADABLE",
        `{"constructor":{"prototype":{"x":1}},${text.slice(1)}`,
      ],
      ["a lone surrogate", 400, "TURNOUT_REGISTRATION_INVALID", loneSurrogate],
      [
        "a number that is infinite",
        400,
        "TURNOUT_REGISTRATION_INVALID",
        text.replace('"meal"', '"guests":1e400,"meal"'),
      ],
      ["16 KiB and one byte", 413, "TURNOUT_BODY_TOO_LARGE", `"${"x".repeat(16_383)}"`],
      ["2 MB", 413, "TURNOUT_BODY_TOO_LARGE", `"${"x".repeat(2_000_000)}"`],
      ["2 MB of a form", 413, "TURNOUT_BODY_TOO_LARGE", `name=${"x".repeat(2_000_000)}`, form],
      ["text/plain", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", text, { "content-type": "text/plain" }],
      ["multipart", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", text, { "content-type": "multipart/form-data; boundary=x" }],
      ["XML", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", "<email/>", { "content-type": "application/xml" }],
      ["no type", 415, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", text, {}],
    ];
    for (const [what, status, code, payload, headers] of cases) {
      const reply = await post(stage, payload, headers);
      t.equal(reply.statusCode, status, what);
      t.match(problemOf(reply), { code }, what);
      t.notMatch(reply.body, /ada@|Lovelace/, "nothing of it is quoted");
    }
    t.equal(stage.queued.length, 0);
    t.equal(({} as { admin?: boolean }).admin, undefined, "and no prototype was touched");
  },
);

t.test("everything that is wrong is told at once, however much it is", async (t) => {
  const texts = Array.from({ length: 12 }, (_, index) => ({
    id: `text${index}`,
    type: "text",
    label: "T",
    maxLength: 2,
  }));
  const event = parseEvent({
    ...testEvent,
    fields: [
      ...texts,
      { id: "trial", type: "checkbox", label: "Trial" },
      { id: "day", type: "date", label: "Day", required: true, when: { field: "trial", is: true } },
    ],
  });
  const { app } = await buildTestApp({ event });
  t.teardown(() => app.close());
  const answers = { ...Object.fromEntries(texts.map(({ id }) => [id, "too long"])), trial: true };
  const reply = await app.inject({
    method: "POST",
    url: "/registrations",
    payload: { email: "x", name: "Ada", answers },
  });
  t.strictSame(
    reply.json<{ errors: { pointer: string }[] }>().errors.map(({ pointer }) => pointer),
    ["/email", ...texts.map(({ id }) => `/answers/${id}`), "/answers/day"],
  );
});
