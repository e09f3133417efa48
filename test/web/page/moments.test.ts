import t from "tap";
import { describeMoment, formatWait } from "../../../web/page/moments.ts";

t.test("shows a moment on the event's own clock, with the zone by name", async (t) => {
  const moment = describeMoment("2026-09-04T07:00:00Z", "en", "Europe/Berlin");
  t.match(moment.words, /4 September 2026.*09:00/);
  t.equal(moment.zone, "Central European Summer Time");
  t.equal(moment.instant, "2026-09-04T07:00:00.000Z");
});

t.test("names the zone as it is at that moment, in the page's language", async (t) => {
  t.equal(describeMoment("2026-12-04T07:00:00Z", "en", "Europe/Berlin").zone, "Central European Standard Time");
  t.equal(describeMoment("2026-09-04T07:00:00Z", "de", "Europe/Berlin").zone, "Mitteleuropäische Sommerzeit");
  t.match(describeMoment("2026-09-04T07:00:00Z", "de", "Europe/Berlin").words, "4. September 2026");
});

t.test("shows the day that it is there, not here", async (t) => {
  t.match(describeMoment("2026-09-04T23:30:00Z", "en", "Pacific/Auckland").words, "5 September");
});

t.test("rounds a wait up, to minutes and later to hours", async (t) => {
  for (const [seconds, words] of [
    [0, "1 minute"],
    [60, "1 minute"],
    [61, "2 minutes"],
    [7_199, "120 minutes"],
    [7_200, "2 hours"],
    [7_201, "3 hours"],
  ] as const) {
    t.equal(formatWait(seconds, "en"), words);
  }
  t.equal(formatWait(130, "de"), "3 Minuten");
});
