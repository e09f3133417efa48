import { fieldsEvent } from "../../equipment/fields-event.ts";
import { t } from "../../equipment/file-test.ts";
import { submissionFromForm } from "../../../web/page/form-submission.ts";
import { exampleEvent } from "./example-event.ts";

const read = (fields: Record<string, unknown>) => submissionFromForm(fields, exampleEvent);

t.test("reads a filled form as the submission that it stands for", async (t) => {
  t.strictSame(
    read({
      email: "ada@example.org",
      name: "Ada",
      "answers.ticket": "Both days",
      "answers.organisation": "Engines",
      "answers.guests": "2",
      "answers.height": " 1.65 ",
      "answers.contact": "c@example.org",
      "answers.conduct": "true",
      "answers.newsletter": "on",
    }),
    {
      email: "ada@example.org",
      name: "Ada",
      answers: {
        ticket: "Both days",
        organisation: "Engines",
        guests: 2,
        height: 1.65,
        contact: "c@example.org",
        conduct: true,
        newsletter: true,
      },
    },
  );
});

t.test("leaves out what was left blank", async (t) => {
  t.strictSame(
    read({ email: "", name: "  ", "answers.ticket": "", "answers.guests": " ", "answers.about": "\r\n" }),
    {},
  );
  t.strictSame(read({}), {});
});

t.test("reads a number only where it is one, the way a browser posts it", async (t) => {
  const number = (text: string) =>
    (read({ "answers.height": text }) as { answers: { height: unknown } }).answers.height;
  for (const [text, value] of [
    ["0", 0],
    ["-1.5", -1.5],
    [".5", 0.5],
    ["1e2", 100],
    ["007", 7],
  ] as const) {
    t.equal(number(text), value, text);
  }
  for (const text of ["1,5", "0x10", "Infinity", "NaN", "1.", "--1", "1e999", "9".repeat(400), "12 3", "१"]) {
    t.equal(number(text), text, `${text.slice(0, 20)} stays text, to be rejected`);
  }
});

t.test("takes nothing else for a tick", async (t) => {
  t.strictSame(read({ "answers.conduct": "yes" }), { answers: { conduct: "yes" } });
  t.strictSame(read({ "answers.conduct": "false" }), { answers: { conduct: "false" } });
});

t.test("brings line breaks into the one form that the script sends as well", async (t) => {
  t.strictSame(read({ "answers.about": "one\r\ntwo\nthree" }), { answers: { about: "one\ntwo\nthree" } });
});

t.test("keeps what the form does not know, so that it is rejected", async (t) => {
  t.strictSame(read({ admin: "true", "answers.zz": "" }), { answers: { zz: "" }, admin: "true" });
});

t.test("keeps a field that came twice as a list, so that it is rejected", async (t) => {
  t.strictSame(read({ email: ["a@example.org", "b@example.org"], "answers.guests": ["1", "2"] }), {
    answers: { guests: ["1", "2"] },
    email: ["a@example.org", "b@example.org"],
  });
});

t.test("lets no field reach a prototype", async (t) => {
  const submission = read(JSON.parse('{"__proto__":"x","answers.__proto__":"y","answers.constructor":"z"}'));
  t.ok(Object.hasOwn(submission as object, "__proto__"));
  t.strictSame(Object.keys((submission as { answers: object }).answers), ["__proto__", "constructor"]);
  t.equal(({} as { x?: unknown }).x, undefined);
});

t.test("does not let a field named answers hide the answers", async (t) => {
  t.strictSame(read({ answers: "none", "answers.guests": "1" }), { answers: "none" });
});

t.test("takes a parser's object without a prototype", async (t) => {
  t.strictSame(read(Object.assign(Object.create(null), { name: "Ada" })), { name: "Ada" });
});

t.test(
  "one ticked option or several are a list, and what was not asked is dropped with what depends on it",
  async (t) => {
    const own = fieldsEvent();
    const asked = (answers: Record<string, unknown>) =>
      submissionFromForm(
        Object.fromEntries(Object.entries(answers).map(([id, given]) => [`answers.${id}`, given])),
        own,
      );
    t.strictSame(asked({ ticket: "Both days", workshops: "Go", photos: "on" }), {
      answers: { ticket: "Both days", workshops: ["Go"], photos: true },
    });
    t.strictSame(asked({ ticket: "Both days", workshops: ["Go", "Zig"], laptop: "true", arrival: "" }), {
      answers: { ticket: "Both days", workshops: ["Go", "Zig"], laptop: true },
    });
    t.strictSame(asked({ laptop: "true", workshops: ["Go", "Zig"], ticket: "Friday" }), {
      answers: { ticket: "Friday" },
    });
    t.strictSame(asked({ paper: "The Times", press: "maybe", photos: "true" }), {
      answers: { paper: "The Times", press: "maybe", photos: true },
    });
  },
);
