import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsEvent } from "../../equipment/fields-event.ts";
import { t } from "../../equipment/file-test.ts";
import type { TurnoutError } from "../../../shared/errors.ts";
import { createPhaseClock, eventPhase, loadEvent, parseEvent } from "../../../shared/registration/event-definition.ts";

const shipped = join(import.meta.dirname, "../../../event.json");

const event = {
  name: "Summit",
  description: "Two days.\nCome!",
  opensAt: "2026-03-01T09:00:00+01:00",
  closesAt: "2026-04-01T18:00:00+02:00",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "ticket", type: "select", label: "Days", options: ["Both", "Friday"] },
    { id: "organisation", type: "text", label: "Organisation", maxLength: 100 },
    { id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4, integer: true },
    { id: "partner", type: "email", label: "Partner", hint: "Who comes along?" },
    { id: "newsletter", type: "checkbox", label: "News", required: true },
  ],
};

/** With a time and a place. */
const held = {
  ...event,
  startsAt: "2026-06-01T09:00:00+02:00",
  endsAt: "2026-06-02T15:00:00Z",
  venue: "Harbour Hall, 1st floor",
};

function errorsOf(value: unknown): readonly { pointer: string; detail: string }[] {
  try {
    parseEvent(value);
  } catch (error) {
    const { code, validationErrors, message } = error as TurnoutError;
    if (code !== "TURNOUT_EVENT_INVALID") throw error;
    for (const { pointer, detail } of validationErrors) {
      if (!message.includes(`${pointer || "/"} ${detail}`))
        throw new Error(`not in the message: ${pointer}`, { cause: error });
    }
    return validationErrors;
  }
  return [];
}

const withField = (changes: object) => ({ ...event, fields: [{ ...event.fields[1], ...changes }] });

const after = (field: string, is: unknown) => ({
  id: "later",
  type: "text",
  label: "Later",
  maxLength: 9,
  when: { field, is },
});

t.test("the event that is shipped is valid, open, and asks nothing that must be answered", async (t) => {
  const definition = loadEvent(shipped);
  t.equal(eventPhase(definition, Date.now()), "open");
  t.ok(definition.fields.length > 1);
  t.notOk(definition.fields.some((field) => field.required));
});

t.test("every kind of field is taken", async (t) => {
  t.same(parseEvent(event), event);
  const { fields } = fieldsEvent();
  t.same(parseEvent({ ...event, fields }).fields, fields);
  for (const condition of [after("ticket", ["Both", "Friday"]), after("guests", [0, 4]), after("newsletter", true)]) {
    t.same(errorsOf({ ...event, fields: [...event.fields, condition] }), [], JSON.stringify(condition.when));
  }
});

t.test("when and where it is can be told, the place and the end being optional", async (t) => {
  t.same(parseEvent(held), held);
  const { endsAt: _endsAt, venue: _venue, ...started } = held;
  t.same(parseEvent(started), started);
  t.same(parseEvent({ ...event, venue: held.venue }), { ...event, venue: held.venue });
  t.same(
    errorsOf({ ...held, closesAt: "2026-06-01T18:00:00+02:00" }),
    [],
    "registration may be open while it takes place",
  );
});

t.test("each error is named at its place", async (t) => {
  const wrong: [pointer: string, value: unknown][] = [
    ["", null],
    ["", []],
    ["", "text"],
    ["/name", { ...event, name: "" }],
    ["/name", { ...event, name: " " }],
    ["/name", { ...event, name: "two\nlines" }],
    ["/name", { ...event, name: 5 }],
    ["/description", { ...event, description: "\x1b[31m" }],
    ["/opensAt", { ...event, opensAt: "2026-03-01" }],
    ["/opensAt", { ...event, opensAt: "2026-03-01T09:00:00" }],
    ["/opensAt", { ...event, opensAt: "2026-13-01T09:00:00Z" }],
    ["/opensAt", { ...event, opensAt: "2026-02-30T09:00:00Z" }],
    ["/opensAt", { ...event, opensAt: "2027-02-29T09:00:00Z", closesAt: "2028-01-01T00:00:00Z" }],
    ["/opensAt", { ...event, opensAt: "2026-03-01T09:00:00+02:00" }],
    ["/closesAt", { ...event, closesAt: "2026-04-01T18:00:00+01:00" }],
    ["/opensAt", { ...event, opensAt: "2026-03-01T09:00:00+00:00" }],
    ["/opensAt", { ...event, opensAt: "2026-03-29T02:30:00+01:00" }],
    ["/closesAt", { ...event, closesAt: event.opensAt }],
    ["/closesAt", { ...event, closesAt: "2026-02-01T09:00:00Z" }],
    ["/startsAt", { ...event, startsAt: "2026-06-01" }],
    ["/startsAt", { ...event, startsAt: "2026-06-31T09:00:00Z" }],
    ["/startsAt", { ...event, startsAt: "2026-06-01T09:00:00+01:00" }],
    ["/startsAt", { ...event, startsAt: null }],
    ["/endsAt", { ...held, endsAt: "2026-06-02" }],
    ["/endsAt", { ...held, endsAt: "2026-06-02T17:00:00+01:00" }],
    ["/endsAt", { ...held, endsAt: held.startsAt }],
    ["/endsAt", { ...held, endsAt: "2026-05-31T17:00:00Z" }],
    ["/endsAt", { ...event, endsAt: "2026-06-02T17:00:00Z" }],
    ["/venue", { ...event, venue: "" }],
    ["/venue", { ...event, venue: "Hall\nHarbour" }],
    ["/venue", { ...event, venue: "x".repeat(201) }],
    ["/timeZone", { ...event, timeZone: "Mars/Olympus" }],
    ["/timeZone", { ...event, timeZone: "" }],
    ["/fields", { ...event, fields: {} }],
    [
      "/fields",
      { ...event, fields: Array.from({ length: 31 }, (_, n) => ({ id: `f${n}`, type: "checkbox", label: "F" })) },
    ],
    ["/colour", { ...event, colour: "red" }],
    ["/fields/0", { ...event, fields: [null] }],
    ["/fields/0/type", withField({ type: "colour" })],
    ["/fields/0/type", withField({ type: undefined })],
    ["/fields/0/id", withField({ id: "Not an id" })],
    ["/fields/0/id", withField({ id: "constructor" })],
    ["/fields/0/label", withField({ label: "" })],
    ["/fields/0/required", withField({ required: "yes" })],
    ["/fields/0/maxlength", withField({ maxlength: 5 })],
    ["/fields/0/maxLength", withField({ maxLength: 2_001 })],
    ["/fields/0", withField({ minLength: 5, maxLength: 4 })],
    ["/fields/0", withField({ minLength: 201, maxLength: undefined })],
    ["/fields/0/options", withField({ options: ["a"] })],
    ["/fields/0/options", withField({ type: "select", maxLength: undefined })],
    ["/fields/0/options", withField({ type: "select", maxLength: undefined, options: [] })],
    ["/fields/0/options/1", withField({ type: "select", maxLength: undefined, options: ["a", ""] })],
    ["/fields/0/options", withField({ type: "select", maxLength: undefined, options: ["a", "a"] })],
    ["/fields/0/options/1", withField({ type: "select", maxLength: undefined, options: ["a", "Friday only "] })],
    ["/fields/0/options/1", withField({ type: "select", maxLength: undefined, options: ["a", "Sat  only"] })],
    ["/fields/0/options/1", withField({ type: "select", maxLength: undefined, options: ["a", " Sunday"] })],
    ["/fields/0/options/1", withField({ type: "select", maxLength: undefined, options: ["a", "\u00a0Sunday"] })],
    ["/fields/0/options/1", withField({ type: "select", maxLength: undefined, options: ["a", "Sunday\u200b"] })],
    ["/fields/0/options", withField({ type: "select", maxLength: undefined, options: ["S\u200bat", "Sat"] })],
    ["/fields/0/options", withField({ type: "select", maxLength: undefined, options: ["10\u00a0€", "10 €"] })],
    ["/fields/0/options", withField({ type: "select", maxLength: undefined, options: ["Caf\u00e9", "Cafe\u0301"] })],
    ["/fields/0/minimum", withField({ type: "number", maxLength: undefined, minimum: "1" })],
    ["/fields/0/maximum", withField({ type: "number", maxLength: undefined, maximum: 1e300 })],
    ["/fields/0", withField({ type: "number", maxLength: undefined, minimum: 2, maximum: 1 })],
    ["/fields/0/options", withField({ type: "choices", maxLength: undefined })],
    ["/fields/0/options/1", withField({ type: "choices", maxLength: undefined, options: ["a", "b; c"] })],
    ["/fields/0/options", withField({ type: "choices", maxLength: undefined, options: ["a", "a"] })],
    [
      "/fields/0/options",
      withField({ type: "choices", maxLength: undefined, options: Array.from({ length: 51 }, (_, n) => `o${n}`) }),
    ],
    ["/fields/0", withField({ type: "choices", maxLength: undefined, options: ["a", "b"], minimum: 2, maximum: 1 })],
    ["/fields/0", withField({ type: "choices", maxLength: undefined, options: ["a", "b"], maximum: 3 })],
    ["/fields/0/minimum", withField({ type: "choices", maxLength: undefined, options: ["a"], minimum: 0 })],
    ["/fields/0/earliest", withField({ type: "date", maxLength: undefined, earliest: "2026-02-30" })],
    ["/fields/0/latest", withField({ type: "date", maxLength: undefined, latest: "tomorrow" })],
    ["/fields/0", withField({ type: "date", maxLength: undefined, earliest: "2026-02-02", latest: "2026-02-01" })],
    ["/fields/0/pattern", withField({ type: "telephone", maxLength: undefined, pattern: "." })],
    ["/fields/0/text", withField({ type: "consent", maxLength: undefined })],
    ["/fields/0/text", withField({ type: "consent", maxLength: undefined, text: "" })],
    ["/fields/0/text", withField({ type: "consent", maxLength: undefined, text: "x".repeat(1_001) })],
    ["/fields/0/multiline", withField({ multiline: "yes" })],
    ["/fields/0", withField({ multiline: true, minLength: 1_001, maxLength: undefined })],
    ["/fields/0/section/title", withField({ section: { title: "" } })],
    ["/fields/0/section/title", withField({ section: { text: "only" } })],
    ["/fields/0/when/is", withField({ when: { field: "ticket" } })],
    ["/fields/0/when/is", withField({ when: { field: "ticket", is: [] } })],
    ["/fields/0/when/is", withField({ when: { field: "ticket", is: false } })],
    ["/fields/0/when/field", withField({ when: { field: "ticket", is: "Both" } })],
    ["/fields/0/when/field", withField({ when: { field: "organisation", is: "itself" } })],
    ["/fields/0/when/field", { ...event, fields: [after("ticket", "Both"), ...event.fields] }],
    ["/fields/5/when/field", { ...event, fields: [...event.fields, after("organisation", "x")] }],
    ["/fields/5/when/field", { ...event, fields: [...event.fields, after("partner", "x")] }],
    ["/fields/5/when/is", { ...event, fields: [...event.fields, after("ticket", "Sunday")] }],
    ["/fields/5/when/is", { ...event, fields: [...event.fields, after("ticket", ["Both", "Sunday"])] }],
    ["/fields/5/when/is", { ...event, fields: [...event.fields, after("ticket", true)] }],
    ["/fields/5/when/is", { ...event, fields: [...event.fields, after("guests", "2")] }],
    ["/fields/5/when/is", { ...event, fields: [...event.fields, after("newsletter", "yes")] }],
    ["/fields/5/id", { ...event, fields: [...event.fields, event.fields[0]] }],
  ];
  for (const [pointer, value] of wrong) {
    const given = JSON.parse(JSON.stringify(value)) as unknown;
    const validationErrors = errorsOf(given);
    t.ok(
      validationErrors.some((error) => error.pointer.startsWith(pointer) && error.detail.length > 0),
      `${pointer} of ${JSON.stringify(given).slice(0, 80)}`,
    );
    t.ok(validationErrors.length === 1, `and nothing else: ${JSON.stringify(validationErrors)}`);
  }
});

t.test("all errors are named at once, those around the fields as well as those of many fields", async (t) => {
  const fields = Array.from({ length: 12 }, (_, n) => ({ id: `f${n}`, type: "text", label: "", colour: "red" }));
  const pointers = errorsOf({ ...event, name: "", fields, extra: 1 }).map((error) => error.pointer);
  t.same(
    pointers.toSorted(),
    ["/extra", "/name", ...fields.flatMap((_, n) => [`/fields/${n}/colour`, `/fields/${n}/label`])].toSorted(),
  );
  t.same(
    errorsOf({}).map((error) => error.pointer),
    ["/name", "/description", "/opensAt", "/closesAt", "/timeZone", "/fields"],
  );
});

t.test("what an error says needs no knowledge of regular expressions", async (t) => {
  const details = [{ ...event, opensAt: "soon" }, { ...event, name: "\t" }, withField({ id: "9" })].flatMap(errorsOf);
  t.equal(details.length, 3);
  for (const { detail } of details) t.match(detail, /^must be [a-z0-9]/);
});

t.test("a file that is missing or no JSON is rejected with its path and why", async (t) => {
  const directory = t.testdir({ "broken.json": '{"name": ', "empty.json": "" });
  for (const name of ["broken.json", "empty.json", "missing.json", "."]) {
    const file = join(directory, name);
    t.throws(() => loadEvent(file), { code: "TURNOUT_EVENT_INVALID", message: new RegExp(name) }, name);
  }
  const file = join(directory, "event.json");
  writeFileSync(file, JSON.stringify(event));
  t.same(loadEvent(file), event, "control: a good one is read");
});

t.test("an offset that the zone does not have at that time is rejected with the one that it has", async (t) => {
  const summer = { ...event, opensAt: "2027-07-01T09:00:00+01:00", closesAt: "2027-08-01T00:00:00Z" };
  t.match(errorsOf(summer), [{ pointer: "/opensAt", detail: /\+01:00.*Europe\/Berlin has \+02:00/ }]);
  for (const opensAt of ["2027-07-01T09:00:00+02:00", "2027-07-01T07:00:00Z"]) {
    t.same(errorsOf({ ...summer, opensAt }), [], opensAt);
  }
  for (const opensAt of ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]) {
    t.same(errorsOf({ ...summer, opensAt }), [], `${opensAt}: an hour that comes twice`);
  }
  t.match(errorsOf({ ...summer, timeZone: "Mars/Olympus" }), [{ pointer: "/timeZone" }], "no zone, nothing to compare");
});

t.test("options that a form and a spreadsheet give back as they are are taken", async (t) => {
  const options = ["Both days", "10\u00a0€", "Fri-day", "👩\u200d🚀 crew", "یک\u200cشنبه"];
  t.same(errorsOf({ ...event, fields: [{ ...event.fields[0], options }] }), []);
});

t.test("a byte order mark is no error, and bytes that are no UTF-8 are told as that", async (t) => {
  const directory = t.testdir();
  const file = join(directory, "event.json");
  writeFileSync(file, `\ufeff${JSON.stringify(event)}`);
  t.same(loadEvent(file), event);
  for (const bytes of [
    Buffer.from(JSON.stringify({ ...event, name: "Köln" }), "latin1"),
    Buffer.from("\ufeff{}", "utf16le"),
  ]) {
    writeFileSync(file, bytes);
    t.throws(() => loadEvent(file), { code: "TURNOUT_EVENT_INVALID", message: /UTF-8/ });
  }
});

t.test("registration is open from the very instant of opening until just before that of closing", async (t) => {
  const definition = parseEvent(event);
  const opens = Date.UTC(2026, 2, 1, 8);
  const closes = Date.UTC(2026, 3, 1, 16);
  t.same(
    [opens - 1, opens, closes - 1, closes].map((now) => eventPhase(definition, now)),
    ["before", "open", "open", "closed"],
  );
  const phaseAt = createPhaseClock(definition);
  for (const now of [opens - 1, opens, closes - 1, closes]) t.equal(phaseAt(now), eventPhase(definition, now));
});

t.test("answers of any field may expire, after registration has closed", async (t) => {
  const { fields, ...own } = fieldsEvent();
  const expiring = (expiresAt: unknown) => ({ ...own, fields: fields.map((field) => ({ ...field, expiresAt })) });
  const valid = "2027-01-01T00:01:00Z";
  t.equal(parseEvent(expiring(valid)).fields.at(-1)?.expiresAt, valid);
  t.equal(
    parseEvent({
      ...event,
      fields: event.fields.map((field) => ({ ...field, expiresAt: "2026-05-01T00:00:00+02:00" })),
    }).fields.length,
    5,
  );
  const first = (expiresAt: unknown) => errorsOf({ ...event, fields: [{ ...event.fields[0], expiresAt }] });
  const pointer = "/fields/0/expiresAt";
  t.same(first("2026-04-01T18:00:00+02:00"), [{ pointer, detail: "must be later than closesAt" }]);
  t.match(first("2026-05-01T00:00:00+01:00"), [{ pointer, detail: /has the offset \+01:00/ }]);
  t.match(first("2026-02-30T00:00:00Z"), [{ pointer, detail: "is not a date that exists" }, { pointer }]);
  t.match(first("2026-05-01"), [{ pointer, detail: /date, time and offset/ }]);
  t.match(first(7), [{ pointer }]);
});
