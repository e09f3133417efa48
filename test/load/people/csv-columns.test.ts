import t from "tap";
import { readHeader } from "../../../load/people/csv-columns.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";

const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2026-01-01T00:00:00Z",
  closesAt: "2027-01-01T00:00:00Z",
  timeZone: "UTC",
  fields: [
    { id: "guests", type: "number", label: "Guests" },
    { id: "name", type: "text", label: "Name on the badge" },
    { id: "submittedAt", type: "text", label: "Submitted where" },
  ],
});
const open = (header: string) =>
  readHeader(header.split(","), event, ",", (why) => new TurnoutError("TURNOUT_USAGE_INVALID", why));
const read = (header: string, row: string) => open(header).read(row.split(","));

t.test("columns are told by their names, in any order", async (t) => {
  t.same(read("guests, Name ,EMAIL", "2,Ann,a@example.org"), {
    submission: { email: "a@example.org", name: "Ann", answers: { guests: 2 } },
  });
});

t.test(
  "a field that is called as the table's own attribute is told by its prefix, or by there being no export",
  async (t) => {
    const header =
      "email,name,registrationId,submittedAt,storedAt,guests,answers.name,answers.submittedAt,otherAnswers";
    t.same(read(header, "a@example.org,Ann,id,2026,2026,,Badge,here,"), {
      submission: { email: "a@example.org", name: "Ann", answers: { name: "Badge", submittedAt: "here" } },
    });
    t.same(read("email,name,submittedAt", "a@example.org,Ann,there"), {
      submission: { email: "a@example.org", name: "Ann", answers: { submittedAt: "there" } },
    });
  },
);

t.test("a header that names what there is not is told whole", async (t) => {
  t.throws(() => open("mail,shoe,shoe"), {
    code: "TURNOUT_USAGE_INVALID",
    message: /no column email; .*no column name; .*two columns shoe; .*no field "mail".*email, name, guests/,
  });
  t.throws(() => open("email,name,answers.shoe"), { message: /no field "shoe"/ });
  t.doesNotThrow(() => open("email,name,,,"), "nameless columns are no column twice");
});
