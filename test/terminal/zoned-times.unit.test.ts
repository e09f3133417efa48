import { t } from "../equipment/file-test.ts";
import { createZonedTimes } from "../../terminal/zoned-times.ts";

const [summer, winter] = ["2026-07-01T22:30:05.123Z", "2026-12-01T22:30:05.123Z"] as const;

t.test("a time is in the zone, which is named as people call it then", async (t) => {
  const berlin = createZonedTimes("Europe/Berlin");
  t.equal(berlin.full(summer), "2026-07-02 00:30:05 CEST");
  t.equal(berlin.full(winter), "2026-12-01 23:30:05 CET");
  t.equal(berlin.bare(Date.parse(summer)), "2026-07-02 00:30:05");
  t.equal(createZonedTimes().full(summer), "2026-07-01 22:30:05 UTC");
  t.equal(createZonedTimes("America/New_York").zoneAt(summer), "EDT");
  t.equal(createZonedTimes("Australia/Sydney").zoneAt(summer), "AEST");
  t.equal(createZonedTimes("Asia/Kolkata").full(summer), "2026-07-02 04:00:05 GMT+5:30");
  t.equal(berlin.full("never"), "never");
});

t.test("a column names the zone once, and in each cell where the clocks were changed in between", async (t) => {
  const berlin = createZonedTimes("Europe/Berlin");
  t.strictSame(berlin.column("WHEN", [summer, "-"]), { head: "WHEN (CEST)", cells: ["2026-07-02 00:30:05", "-"] });
  t.strictSame(berlin.column("WHEN", [summer, winter]), {
    head: "WHEN (Europe/Berlin)",
    cells: ["2026-07-02 00:30:05 CEST", "2026-12-01 23:30:05 CET"],
  });
  // 02:30 comes twice in this night.
  const twice = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"];
  t.strictSame(berlin.column("WHEN", twice).cells, ["2026-10-25 02:30:00 CEST", "2026-10-25 02:30:00 CET"]);
  t.equal(createZonedTimes().column("WHEN", []).head, "WHEN (UTC)");
});
