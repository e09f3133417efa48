import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { submissionSchema } from "../../../shared/registration/submission-schema.ts";
import { describeErrors } from "../../../web/page/validation-messages.ts";
import { exampleEvent } from "./example-event.ts";

const validator = Compile(submissionSchema(exampleEvent));
const good = { email: "ada@example.org", name: "Ada", answers: { ticket: "Both days", conduct: true } };

function errorsOf(body: unknown, language: "en" | "de" = "en") {
  t.notOk(validator.Check(body), "the body is one that is rejected");
  return describeErrors(validator.Errors(body), exampleEvent, language, body);
}
const withAnswers = (answers: Record<string, unknown>) => ({ ...good, answers: { ...good.answers, ...answers } });

t.test("asks for each thing that is missing, in the order of the form", async (t) => {
  t.strictSame(errorsOf({}), [
    { pointer: "/email", detail: "Enter your email address." },
    { pointer: "/name", detail: "Enter your name." },
    { pointer: "/answers/ticket", detail: "Choose one of the options." },
    { pointer: "/answers/conduct", detail: "Tick this box to continue." },
  ]);
});

t.test("takes an empty name for a missing one", async (t) => {
  t.strictSame(errorsOf({ ...good, name: "" }), [{ pointer: "/name", detail: "Enter your name." }]);
});

t.test("says what is allowed, once per field", async (t) => {
  for (const [answers, pointer, detail] of [
    [{ guests: 5 }, "/answers/guests", "Enter a whole number from 0 to 4."],
    [{ guests: 1.5 }, "/answers/guests", "Enter a whole number from 0 to 4."],
    [{ guests: "two" }, "/answers/guests", "Enter a whole number from 0 to 4."],
    [{ guests: 2 ** 60 }, "/answers/guests", "Enter a whole number from 0 to 4."],
    [{ height: 0 }, "/answers/height", "Enter a number of at least 0.5."],
    [{ ticket: "Sunday" }, "/answers/ticket", "Choose one of the options listed."],
    [{ ticket: ["Both days"] }, "/answers/ticket", "Choose one of the options listed."],
    [{ organisation: "x" }, "/answers/organisation", "Enter 2 to 100 characters."],
    [{ about: "x".repeat(2_001) }, "/answers/about", "Enter at most 2000 characters."],
    [{ conduct: false }, "/answers/conduct", "Tick this box to continue."],
    [{ conduct: "on" }, "/answers/conduct", "Tick this box to continue."],
    [{ newsletter: "maybe" }, "/answers/newsletter", "Tick this box or leave it empty."],
  ] as const) {
    t.strictSame(errorsOf(withAnswers(answers)), [{ pointer, detail }], JSON.stringify(answers).slice(0, 40));
  }
});

t.test("says of null and other things that are no text that text is meant, and nothing about lengths", async (t) => {
  for (const organisation of [null, 5, true, {}, ["x"]]) {
    t.strictSame(errorsOf(withAnswers({ organisation })), [
      { pointer: "/answers/organisation", detail: "Send text here, or leave this answer out." },
    ]);
  }
  t.strictSame(errorsOf({ ...good, name: null }), [{ pointer: "/name", detail: "Enter your name." }]);
  t.strictSame(errorsOf(withAnswers({ organisation: null }), "de"), [
    { pointer: "/answers/organisation", detail: "Senden Sie hier Text oder lassen Sie diese Angabe weg." },
  ]);
});

t.test("says of an address what is wrong with it, and of an empty one that it is missing", async (t) => {
  for (const [email, detail] of [
    ["", /^Enter your email address/],
    ["ada＠example.org", /full-width ＠/],
    ["a..da@example.org", /two dots in a row/],
    ["ada.@example.org", /a dot directly before the @/],
    [".ada@example.org", /starts with a dot/],
    ["ada example.org", /no @/],
    ["a@example.org, b@example.org", /just one address/],
    ["a b@example.org", /a space/],
    ["a\u200bda@example.org", /invisible character/],
    ["ädä@example.org", /without accents/],
    ["ada@example", /incomplete/],
    ["ada@exam_ple.org", /not a valid domain/],
  ] as const) {
    t.match(errorsOf({ ...good, email }), [{ pointer: "/email", detail }], email);
    if (email) t.match(errorsOf(withAnswers({ contact: email })), [{ pointer: "/answers/contact", detail }], email);
  }
});

t.test("asks for a name where nothing of it can be seen", async (t) => {
  for (const name of ["\u3164", "\u2800", "\uffa0", "\ufe0f", "\u200b\u2060"]) {
    t.strictSame(
      errorsOf({ ...good, name }),
      [{ pointer: "/name", detail: "Enter your name." }],
      encodeURIComponent(name),
    );
  }
});

t.test("gives an example for an email address of any kind of error", async (t) => {
  for (const email of ["ada", "ada@example", 5, ["a@example.org"], "ä@example.org", `${"x".repeat(300)}@example.org`]) {
    t.match(errorsOf({ ...good, email }), [{ pointer: "/email", detail: /name@example\.org/ }]);
  }
  t.match(errorsOf(withAnswers({ contact: "x" })), [{ pointer: "/answers/contact", detail: /name@example\.org/ }]);
});

t.test("names characters that cannot be stored as what they are", async (t) => {
  for (const body of [
    { ...good, name: "A\u0000da" },
    withAnswers({ about: "\u001b[31m" }),
    { ...good, name: "\ud800" },
  ]) {
    t.match(errorsOf(body), [{ detail: /control characters/ }]);
  }
});

t.test("points at what is not part of the form, once, and last", async (t) => {
  const body = JSON.parse(
    '{"__proto__":1,"a/b~c":2,"name":"Ada","answers":{"ticket":"Both days","conduct":true,"zz":1}}',
  );
  t.strictSame(
    errorsOf(body).map(({ pointer }) => pointer),
    ["/email", "/__proto__", "/a~1b~0c", "/answers/zz"],
  );
});

t.test("explains the shape to a program that sends something else entirely", async (t) => {
  t.match(errorsOf(null), [{ pointer: "", detail: /object/ }]);
  t.match(errorsOf({ ...good, answers: [] }), [{ pointer: "/answers", detail: /object/ }]);
});

t.test("speaks the attendee's language", async (t) => {
  t.strictSame(errorsOf({ ...good, name: "" }, "de"), [{ pointer: "/name", detail: "Geben Sie Ihren Namen ein." }]);
});

t.test("never repeats what was entered", async (t) => {
  const secret = "s3cret-entry";
  const validationErrors = errorsOf({
    email: secret,
    name: `${secret}\u0000`,
    answers: { ticket: secret, guests: secret },
  });
  t.notMatch(JSON.stringify(validationErrors), secret);
});
