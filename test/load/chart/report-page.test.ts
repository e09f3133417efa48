import t from "tap";
import { reportPage } from "../../../load/chart/report-page.ts";

t.test("a report is one whole page that loads nothing and escapes what it is given", async (t) => {
  const page = reportPage({
    title: "Plan <1>",
    summary: ["For 5 & more."],
    tables: [{ title: "Set", head: ["what"], rows: [["<b>"]] }],
    charts: [{ title: "Depth", unit: "people", stepSeconds: 1, series: [{ name: "a", values: [1, 2] }] }],
  });
  t.match(page, /^<!doctype html>/);
  t.match(page, "<h1>Plan &lt;1&gt;</h1>");
  t.match(page, "<td>&lt;b&gt;</td>");
  t.match(page, "For 5 &amp; more.");
  t.notMatch(page, /<script|<link|src=|@import|url\(/);
});
