import { t } from "../../equipment/file-test.ts";
import { reportPage } from "../../../load/chart/report-page.ts";
import { sparkline } from "../../../load/chart/sparkline.ts";
import { escapeMarkup, svgChart } from "../../../load/chart/svg-chart.ts";

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

t.test("the largest value stands tallest, nothing is a blank, something is never one", async (t) => {
  t.equal(sparkline([0, 1, 50, 100], 4), " ▁▄█");
  t.equal(sparkline([0, 0], 2), "  ");
  t.equal(sparkline([], 10), "");
});

t.test("a peak of one moment is not lost in a narrow chart", async (t) => {
  const values = Array.from({ length: 1_000 }, (_, index) => (index === 503 ? 100 : 1));
  t.equal(sparkline(values, 10), "▁▁▁▁▁█▁▁▁▁");
});

t.test("a chart draws a line for each series, names them and tells its range to those who cannot see it", async (t) => {
  const svg = svgChart({
    title: "Depth",
    unit: "people",
    stepSeconds: 60,
    series: [
      { name: "simulated", values: [0, 5, 10] },
      { name: "measured", values: [0, 4, 9] },
    ],
  });
  t.equal(svg.match(/<polyline/g)?.length, 2);
  t.match(svg, /aria-label="Depth, in people, up to 10"/);
  t.match(svg, "simulated");
  t.match(svg, "3 min");
  t.match(svg, /points="70\.0,192\.0 389\.0,113\.0 708\.0,34\.0"/, "from the bottom to the top");
});

t.test("nothing in a name becomes markup", async (t) => {
  const svg = svgChart({ title: "<script>", unit: '"', stepSeconds: 1, series: [{ name: "a & b", values: [1] }] });
  t.notMatch(svg, "<script>");
  t.equal(escapeMarkup('<a b="c">&'), "&lt;a b=&quot;c&quot;&gt;&amp;");
});

t.test("a chart of nothing is an empty chart", async (t) => {
  t.match(svgChart({ title: "None", unit: "people", stepSeconds: 1, series: [] }), /<svg/);
  t.notMatch(
    svgChart({ title: "Zero", unit: "people", stepSeconds: 1, series: [{ name: "z", values: [0, 0] }] }),
    "NaN",
  );
});

t.test("where something begins is marked, with its name", async (t) => {
  const svg = svgChart({
    title: "Load",
    unit: "people",
    stepSeconds: 1,
    series: [{ name: "offered", values: [1, 1, 2, 2, 3] }],
    marks: [
      { at: 0, label: "1/s" },
      { at: 2, label: "<2>/s" },
    ],
  });
  t.match(svg, /<line x1="389\.0" x2="389\.0" [^>]*class="mark"\/><text x="393" y="212">&lt;2&gt;\/s</);
  t.equal(svg.match(/class="mark"/g)?.length, 2);
});
