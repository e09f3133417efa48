/** Every kind of field on its way through the routes: as JSON, as a form, and in the document that tells programs. */
import { Compile } from "typebox/compile";
import type { TSchema } from "typebox";
import { t } from "../../equipment/file-test.ts";
import { consentRecord, createConsentRecords } from "../../../shared/registration/consent.ts";
import { fieldsEvent, fullAnswers, wording } from "../../equipment/fields-event.ts";
import { acceptedOf, form, html, json, post, prepare, problemOf } from "./registration-requests.ts";

const event = fieldsEvent();
const person = { email: "ada@example.org", name: "Ada" };
const { keep } = createConsentRecords(event);

function formOf(answers: Readonly<Record<string, unknown>>): string {
  const body = new URLSearchParams(person);
  for (const [id, answer] of Object.entries(answers)) {
    for (const one of Array.isArray(answer) ? answer : [answer]) body.append(`answers.${id}`, String(one));
  }
  return body.toString();
}

t.test("answers of every kind are queued as sent, a consent with its wording", async (t) => {
  const stage = await prepare(t, { event });
  t.equal((await post(stage, { ...person, answers: fullAnswers })).statusCode, 202);
  t.equal((await post(stage, formOf(fullAnswers), { ...form, ...html })).statusCode, 303);
  for (const { answers } of stage.queued) t.strictSame({ ...answers }, keep(fullAnswers));
  t.equal(stage.queued.length, 2);
  t.equal(stage.queued[0]?.answers.photos, consentRecord(wording));
});

t.test("an answer to a question that was not asked is refused with its pointer", async (t) => {
  const stage = await prepare(t, { event });
  const reply = await post(stage, { ...person, answers: { ...fullAnswers, ticket: "Friday" } });
  t.equal(reply.statusCode, 400);
  t.strictSame(problemOf(reply).errors, [
    {
      pointer: "/answers/workshops",
      detail: "Leave this answer out. Only for those who answer “Which days?” with “Both days”.",
    },
  ]);
  t.equal(stage.queued.length, 0);
});

t.test("from a form such an answer is dropped, and with it what depends on it", async (t) => {
  const stage = await prepare(t, { event });
  const { press: _, ...given } = fullAnswers;
  const reply = await post(stage, formOf({ ...given, ticket: "Friday", phone: "" }), { ...form, ...html });
  t.equal(reply.statusCode, 303);
  const { arrival, about } = fullAnswers;
  t.strictSame({ ...stage.queued[0]?.answers }, keep({ ticket: "Friday", arrival, about, photos: true }));
});

t.test("whoever is asked has to answer what is required, by form as by JSON", async (t) => {
  const stage = await prepare(t, { event });
  const { workshops: _, laptop: __, paper: ___, ...given } = fullAnswers;
  const expected = [
    { pointer: "/answers/workshops", detail: "Choose 1 to 2 of the options listed." },
    { pointer: "/answers/paper", detail: "Answer this question." },
  ];
  t.strictSame(problemOf(await post(stage, { ...person, answers: given })).errors, expected);
  const page = await post(stage, formOf(given), { ...form, ...html });
  t.equal(page.statusCode, 400);
  t.match(page.body, /href="#answer-workshops">Workshops – Choose 1 to 2/);
  t.equal(stage.queued.length, 0);
});

t.test("each wrong answer is named once, at its field", async (t) => {
  const stage = await prepare(t, { event });
  for (const [answers, pointer, detail] of [
    [{ workshops: ["Rust", "COBOL"] }, "/answers/workshops", /1 to 2/],
    [{ workshops: ["Rust", "Rust"] }, "/answers/workshops", /1 to 2/],
    [{ workshops: "Rust" }, "/answers/workshops", /1 to 2/],
    [{ arrival: "2026-05-11" }, "/answers/arrival", /from 8 May 2026 to 10 May 2026/],
    [{ arrival: "2026-02-30" }, "/answers/arrival", /from 8 May 2026/],
    [{ phone: "call me" }, "/answers/phone", /telephone number like/],
    [{ photos: "yes" }, "/answers/photos", /to agree/],
    [{ photos: consentRecord(wording) }, "/answers/photos", /to agree/],
    [{ press: false }, "/answers/press", /leave it empty/],
  ] as const) {
    const { paper: _, press: __, laptop: ___, ...rest } = fullAnswers;
    const { errors = [] } = problemOf(await post(stage, { ...person, answers: { ...rest, ...answers } }));
    t.match(errors, [{ pointer, detail }], JSON.stringify(answers));
    t.equal(errors.length, 1, JSON.stringify(errors));
  }
});

t.test("a correction by JSON and by form keeps the same", async (t) => {
  const stage = await prepare(t, {
    event,
    parts: { statuses: { read: async () => ({ status: "confirmed" }) } },
  });
  const { receipt } = acceptedOf(await post(stage, { ...person, answers: { ticket: "Friday", photos: true } }));
  const url = `/registrations/${receipt}`;
  const payload = JSON.stringify({ name: "Ada", answers: fullAnswers });
  t.equal((await stage.app.inject({ method: "PUT", url, headers: json, payload })).statusCode, 202);
  const refused = JSON.stringify({ name: "Ada", answers: { ...fullAnswers, ticket: "Friday" } });
  t.equal((await stage.app.inject({ method: "PUT", url, headers: json, payload: refused })).statusCode, 400);
  const body = new URLSearchParams(formOf(fullAnswers));
  body.delete("email");
  const headers = { ...form, ...html };
  const sent = { method: "POST", url: `${url}/correction`, headers, payload: body.toString() } as const;
  t.equal((await stage.app.inject(sent)).statusCode, 303);
  for (const change of stage.changes) t.match(change, { kind: "correction", answers: keep(fullAnswers) });
  t.equal(stage.changes.length, 2);
});

t.test("the document says to programs what is accepted, conditions included", async (t) => {
  const stage = await prepare(t, { event });
  const document = (await stage.app.inject("/openapi.json")).json();
  const { content } = document.paths["/registrations"].post.requestBody;
  const body = Compile(content["application/json"].schema as TSchema);
  t.ok(body.Check({ ...person, answers: fullAnswers }));
  const { workshops: _, ...without } = fullAnswers;
  for (const answers of [
    { ...fullAnswers, ticket: "Friday" },
    without,
    { ...fullAnswers, arrival: "2026-05-11" },
    { ...fullAnswers, photos: consentRecord(wording) },
  ]) {
    t.notOk(body.Check({ ...person, answers }));
    t.equal((await post(stage, { ...person, answers })).statusCode, 400, "and the service says the same");
  }
  const { properties, required } = content["application/x-www-form-urlencoded"].schema;
  t.match(properties["answers.photos"], { enum: ["true", "on"] });
  t.strictSame(required, ["email", "name", "answers.ticket", "answers.photos"]);
});
