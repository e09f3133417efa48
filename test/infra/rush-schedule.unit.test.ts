import { t } from "../equipment/file-test.ts";
import { scheduleRushes } from "../../infra/rush-schedule.ts";

const hour = 3_600_000;
const opening = Date.parse("2027-03-01T09:00:00Z");
const closing = Date.parse("2027-03-20T18:00:00Z");

function names(now: number): string[] {
  return scheduleRushes(opening, closing, now).actions.map(({ name }) => name);
}

t.test("long before the event both rushes are raised and released", async (t) => {
  const { actions, notRaised } = scheduleRushes(opening, closing, opening - 100 * hour);
  t.strictSame(actions, [
    { name: "OpeningRaise", what: "raise", at: "2027-03-01T08:45:00Z" },
    { name: "OpeningRelease", what: "release", at: "2027-03-01T09:30:00Z" },
    { name: "ClosingRaise", what: "raise", at: "2027-03-20T17:45:00Z" },
    { name: "ClosingRelease", what: "release", at: "2027-03-20T18:10:00Z" },
  ]);
  t.strictSame(notRaised, []);
});

t.test("no action lies in the next hour: AWS would reject it and undo the whole deployment", async (t) => {
  for (let now = opening - 2 * hour + 1; now < opening + 2 * hour; now += hour / 6) {
    for (const { name, at } of scheduleRushes(opening, closing, now).actions) {
      t.ok(Date.parse(at) >= now + hour, `${name} at ${at}, ${new Date(now).toISOString()}`);
    }
  }
});

t.test("a raise that comes too soon is left out and told; what may be raised is still released, later", async (t) => {
  const late = scheduleRushes(opening, closing, opening - hour / 2);
  t.strictSame(late.notRaised, [
    { name: "Opening", raiseAt: "2027-03-01T08:45:00Z", releaseAt: "2027-03-01T09:30:00Z" },
  ]);
  t.strictSame(late.actions.slice(0, 2), [
    { name: "OpeningRelease", what: "release", at: "2027-03-01T09:30:00Z" },
    { name: "ClosingRaise", what: "raise", at: "2027-03-20T17:45:00Z" },
  ]);
  const during = scheduleRushes(opening, closing, opening);
  t.match(during.actions[0], { name: "OpeningRelease", at: "2027-03-01T10:00:00Z" });
  t.strictSame(names(opening + hour / 2), ["ClosingRaise", "ClosingRelease"], "it is over");
});

t.test("after the event nothing is scheduled and nothing told", async (t) => {
  t.strictSame(scheduleRushes(opening, closing, closing + hour), { actions: [], notRaised: [] });
});
