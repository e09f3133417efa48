import { t } from "../../equipment/file-test.ts";
import { createMomentWriter } from "../../../shared/page/moments.ts";

t.test("shows a moment on the event's own clock, with the zone by name", async (t) => {
  const moment = createMomentWriter("en", "Europe/Berlin").moment("2026-09-04T07:00:00Z");
  t.match(moment.words, /4 September 2026.*09:00/);
  t.equal(moment.zone, "Central European Summer Time");
  t.equal(moment.instant, "2026-09-04T07:00:00.000Z");
});

t.test("names the zone as it is at that moment, in the page's language", async (t) => {
  t.equal(
    createMomentWriter("en", "Europe/Berlin").moment("2026-12-04T07:00:00Z").zone,
    "Central European Standard Time",
  );
  t.equal(
    createMomentWriter("de", "Europe/Berlin").moment("2026-09-04T07:00:00Z").zone,
    "Mitteleuropäische Sommerzeit",
  );
  t.match(createMomentWriter("de", "Europe/Berlin").moment("2026-09-04T07:00:00Z").words, "4. September 2026");
});

t.test("shows the day that it is there, not here", async (t) => {
  t.match(createMomentWriter("en", "Pacific/Auckland").moment("2026-09-04T23:30:00Z").words, "5 September");
});

t.test(
  "what is kept of a minute is that minute's only, across a change of the clocks and beyond what is kept",
  async (t) => {
    const { moment } = createMomentWriter("en", "Europe/Berlin");
    const lastOfSummer = "2026-10-25T00:59:59.999Z";
    const firstOfWinter = "2026-10-25T01:00:00.000Z";
    for (let poll = 0; poll < 2; poll += 1) {
      t.match(moment(lastOfSummer), { instant: lastOfSummer, words: /02:59/, zone: "Central European Summer Time" });
      t.match(moment(firstOfWinter), {
        instant: firstOfWinter,
        words: /02:00/,
        zone: "Central European Standard Time",
      });
      t.match(moment("2026-10-25T01:00:59Z"), { instant: "2026-10-25T01:00:59.000Z", words: /02:00/ });
      // Days of other minutes in between.
      for (let minute = 0; minute < 4_000; minute += 1) moment(new Date(1.8e12 + minute * 60_000).toISOString());
    }
  },
);

t.test("rounds a wait up, to minutes and later to hours", async (t) => {
  for (const [seconds, words] of [
    [0, "1 minute"],
    [60, "1 minute"],
    [61, "2 minutes"],
    [7_199, "120 minutes"],
    [7_200, "2 hours"],
    [7_201, "3 hours"],
  ] as const) {
    t.equal(createMomentWriter("en", "UTC").wait(seconds), words);
  }
  t.equal(createMomentWriter("de", "UTC").wait(130), "3 Minuten");
});

t.test("shows from when to when, and a day that is both only once", async (t) => {
  const { period } = createMomentWriter("en", "Europe/Berlin");
  const morning = "2026-09-04T07:00:00Z";
  const twoDays = period(morning, "2026-09-05T15:00:00Z");
  t.match(twoDays.words, /4 September 2026.*09:00.*5 September 2026.*17:00/);
  t.equal(twoDays.zone, "Central European Summer Time");
  t.match(period(morning, "2026-09-04T15:00:00Z").words, /^[^4]*4 September 2026.*09:00.17:00$/);
  t.match(createMomentWriter("de", "Europe/Berlin").period(morning, undefined).words, /4. September 2026.*09:00$/);
});
