import { t } from "../../equipment/file-test.ts";
import { findDoubts } from "../../../admin/event/doubts.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";

const now = Date.parse("2027-01-01T00:00:00Z");
const sound = {
  name: "Summit",
  description: "Two days.",
  language: "en",
  opensAt: "2027-03-01T09:00:00+01:00",
  closesAt: "2027-04-20T18:00:00+02:00",
  startsAt: "2027-05-09T09:00:00+02:00",
  endsAt: "2027-05-10T17:00:00+02:00",
  timeZone: "Europe/Berlin",
  fields: [{ id: "ticket", type: "select", label: "Which days?", options: ["Both", "Friday", "Saturday"] }],
};

/** @returns the pointers of what is doubtful in the sound event with these changes */
function doubtful(changes: object, { at = now, isDeployed = false } = {}): string[] {
  return findDoubts(parseEvent({ ...sound, ...changes }), at, isDeployed).map(({ pointer }) => pointer);
}

const field = (changes: object) => ({ fields: [{ ...sound.fields[0], ...changes }] });

t.test("an event as it is meant has no doubts", async (t) => {
  t.same(doubtful({}), []);
});

t.test("times that are hardly meant are doubtful", async (t) => {
  t.same(doubtful({ opensAt: "2027-03-01T09:00:00Z" }), ["/opensAt"], "UTC in a zone with an offset");
  t.same(doubtful({ closesAt: "2028-04-20T18:00:00+02:00" }), ["/closesAt", "/closesAt"], "long, and after the event");
  t.same(doubtful({ closesAt: "2027-05-09T12:00:00+02:00" }), ["/closesAt"], "while the event runs");
  t.same(doubtful({ endsAt: "2027-07-10T17:00:00+02:00" }), ["/endsAt"]);
});

t.test(
  "a zone whose sign is turned round is doubtful, and so are times in UTC only where it is another time",
  async (t) => {
    const utc = Object.fromEntries(
      (["opensAt", "closesAt", "startsAt", "endsAt"] as const).map((name) => [
        name,
        new Date(sound[name]).toISOString().replace(".000", ""),
      ]),
    );
    t.same(doubtful({ ...utc, timeZone: "UTC" }), []);
    t.equal(doubtful({ ...utc, timeZone: "Etc/GMT+2" }).includes("/timeZone"), true);
  },
);

t.test("an opening in the past is doubtful before it is deployed, a closing always", async (t) => {
  const at = Date.parse("2027-03-02T00:00:00Z");
  t.same(doubtful({}, { at }), ["/opensAt"]);
  t.same(doubtful({}, { at, isDeployed: true }), []);
  t.same(doubtful({}, { at: Date.parse("2027-04-25T00:00:00Z"), isDeployed: true }), ["/closesAt"]);
});

t.test("options that read alike, or are none, are doubtful", async (t) => {
  t.same(doubtful(field({ options: ["Both days", "both days.", "None"] })), ["/fields/0/options/1"]);
  t.same(doubtful(field({ options: ["C", "C++"] })), [], "symbols tell them apart");
  t.same(doubtful(field({ options: ["Please choose", "Friday"] })), ["/fields/0/options/0"]);
  t.same(doubtful(field({ options: ["-", "+"] })), ["/fields/0/options/0"]);
  t.same(doubtful(field({ options: ["Yes"] })), ["/fields/0/options"]);
});

t.test("labels that ask what is asked anyway, or what the page says, are doubtful", async (t) => {
  for (const label of ["Email", "E-Mail-Adresse", "Your name", "Full name:", "Name"]) {
    t.same(doubtful(field({ label })), ["/fields/0/label"], label);
  }
  for (const label of ["Ticket*", "Ticket (optional)"]) t.same(doubtful(field({ label })), ["/fields/0/label"], label);
  for (const label of ["Name of your dog", "Company name", "Email of a colleague"])
    t.same(doubtful(field({ label })), []);
  const twice = [...sound.fields, { id: "days", type: "text", label: "Which days" }];
  t.same(doubtful({ fields: twice }), ["/fields/1/label"]);
});

t.test("a number that can only be one, and texts that fill a registration, are doubtful", async (t) => {
  const number = { id: "n", type: "number", label: "N", minimum: 1, maximum: 1 };
  t.same(doubtful({ fields: [number] }), ["/fields/0"]);
  const texts = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `t${index}`,
      type: "text",
      label: `T ${index}`,
      maxLength: 1_000,
    }));
  let most = 1;
  const fits = (count: number) => {
    try {
      return parseEvent({ ...sound, fields: texts(count) }) !== undefined;
    } catch {
      return false;
    }
  };
  while (fits(most + 1)) most += 1;
  t.same(doubtful({ fields: texts(most) }), ["/fields"]);
  t.same(doubtful({ fields: texts(1) }), []);
});

t.test("texts in no language that is named are doubtful", async (t) => {
  t.same(doubtful({ language: undefined }), ["/language"]);
  t.same(doubtful({ language: "ar" }), []);
});

t.test("an empty description is doubtful", async (t) => {
  t.same(doubtful({ description: "" }), ["/description"]);
});

t.test("answers that expire before the event is over, or at once, are doubtful", async (t) => {
  t.same(doubtful(field({ expiresAt: "2027-05-10T17:00:00+02:00" })), []);
  t.same(doubtful(field({ expiresAt: "2027-05-10T16:59:00+02:00" })), ["/fields/0/expiresAt"]);
  const over = { at: Date.parse("2027-06-01T00:00:00Z") };
  t.equal(doubtful(field({ expiresAt: "2027-05-20T00:00:00+02:00" }), over).includes("/fields/0/expiresAt"), true);
  t.equal(doubtful(field({ expiresAt: "2027-06-20T00:00:00+02:00" }), over).includes("/fields/0/expiresAt"), false);
});
