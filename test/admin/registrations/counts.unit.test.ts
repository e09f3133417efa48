import { t } from "../../equipment/file-test.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { createTombstone } from "../../../shared/registration/tombstone.ts";
import { checkCountable, countableFields, countRegistrations } from "../../../admin/registrations/counts.ts";
import { createPeriods } from "../../../admin/registrations/periods.ts";
import type { RegistrationSource } from "../../../admin/registrations/registration-source.ts";

const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T09:00:00Z",
  closesAt: "2026-12-31T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "ticket", type: "select", label: "Days", options: ["Both", "Friday", "Saturday"] },
    { id: "meals", type: "choices", label: "Meals", options: ["Lunch", "Dinner"], expiresAt: "2027-02-01T00:00:00Z" },
    { id: "guests", type: "number", label: "Guests" },
    { id: "news", type: "checkbox", label: "Newsletter" },
    { id: "arrival", type: "date", label: "Arrival" },
    { id: "remarks", type: "text", label: "Remarks" },
  ],
});

const items = [
  {
    submittedAt: "2026-05-01T07:10:00.000Z",
    answers: { ticket: "Friday", meals: ["Lunch", "Dinner"], guests: 10, news: true },
  },
  {
    submittedAt: "2026-05-01T07:59:59.999Z",
    answers: { ticket: "Friday", meals: [], guests: 9, arrival: "2026-05-09" },
  },
  {
    submittedAt: "2026-05-01T08:00:00.000Z",
    answers: { ticket: "Day pass", meals: ["Lunch"], guests: 10, news: false },
  },
  { submittedAt: "2026-05-01T22:00:00.000Z", answers: {} },
  createTombstone("gone@example.org", "withdrawn", "gone-1", 0),
  createTombstone("erased@example.org", "erased", "erased-1", 0),
];
const source: RegistrationSource = async ({ take }) => {
  for (const item of items) take(item);
  return { read: items.length, complete: true };
};
const options = {
  source,
  withWithdrawn: true,
  event,
  by: countableFields(event),
  per: "hour" as const,
  now: Date.parse("2026-06-01T00:00:00Z"),
  signal: new AbortController().signal,
  onProgress: () => {},
};
const countsOf = (answers: readonly { value: unknown; count: number }[] = []) =>
  answers.map(({ value, count }) => [value, count]);

t.test("each answer is counted, in the order of the options, and those nobody chose as well", async (t) => {
  const { registrations, withdrawn, fields } = await countRegistrations(options);
  t.match({ registrations, withdrawn }, { registrations: 4, withdrawn: 1 }, "tombstones are no registrations");
  const byId = new Map(fields.map((field) => [field.id, field]));
  t.same([...byId.keys()], ["ticket", "meals", "guests", "news", "arrival"], "texts are not counted");
  const ticket = byId.get("ticket");
  t.same(countsOf(ticket?.answers), [
    ["Both", 0],
    ["Friday", 2],
    ["Saturday", 0],
    ["Day pass", 1],
  ]);
  t.equal(ticket?.unanswered, 1);
  t.same(
    countsOf(byId.get("meals")?.answers),
    [
      ["Lunch", 2],
      ["Dinner", 1],
    ],
    "several choices each",
  );
  t.equal(byId.get("meals")?.unanswered, 2);
  t.same(
    countsOf(byId.get("guests")?.answers),
    [
      [9, 1],
      [10, 2],
    ],
    "numbers by size, not as texts",
  );
  t.same(countsOf(byId.get("news")?.answers), [
    [true, 1],
    [false, 1],
  ]);
  t.match(byId.get("arrival")?.answers, [{ label: "9 May 2026", count: 1 }]);
});

t.test("answers that have expired are not counted, and the control before that moment are", async (t) => {
  const { fields, expired } = await countRegistrations({ ...options, now: Date.parse("2027-02-01T00:00:00Z") });
  t.same(expired, ["meals"]);
  t.notOk(fields.some(({ id }) => id === "meals"));
  t.same((await countRegistrations(options)).expired, []);
});

t.test("hours are those of the event's zone, and days too", async (t) => {
  const hours = await countRegistrations(options);
  t.equal(hours.timeZone, "Europe/Berlin");
  t.same(hours.periods, [
    { period: "2026-05-01T09:00+02:00", count: 2 },
    { period: "2026-05-01T10:00+02:00", count: 1 },
    { period: "2026-05-02T00:00+02:00", count: 1 },
  ]);
  const days = await countRegistrations({ ...options, per: "day" });
  t.same(days.periods, [
    { period: "2026-05-01", count: 3 },
    { period: "2026-05-02", count: 1 },
  ]);
});

t.test(
  "the hour that comes twice when a clock is set back is two hours, and half hours of a zone are known",
  async (t) => {
    const berlin = createPeriods("Europe/Berlin", "hour");
    t.equal(berlin("2026-10-25T00:30:00Z"), "2026-10-25T02:00+02:00");
    t.equal(berlin("2026-10-25T01:30:00Z"), "2026-10-25T02:00+01:00");
    const india = createPeriods("Asia/Kolkata", "hour");
    t.equal(india("2026-05-01T03:29:00Z"), "2026-05-01T08:00+05:30");
    t.equal(india("2026-05-01T03:31:00Z"), "2026-05-01T09:00+05:30");
    t.equal(berlin(undefined), undefined);
    t.equal(berlin("yesterday"), undefined);
  },
);

t.test("a field that cannot be counted is refused by name, with those that can", async (t) => {
  t.throws(() => checkCountable(["remarks"], event), {
    code: "TURNOUT_USAGE_INVALID",
    message: /remarks.*ticket, meals/,
  });
  t.doesNotThrow(() => checkCountable(["ticket"], event));
});

t.test("more different numbers than can be told apart are counted together", async (t) => {
  const many: RegistrationSource = async ({ take }) => {
    for (let guests = 0; guests < 500; guests += 1) take({ answers: { guests } });
    return { read: 500, complete: true };
  };
  const { fields } = await countRegistrations({ ...options, source: many, by: ["guests"] });
  t.match(fields, [{ answers: { length: 400 }, others: 100 }]);
});
