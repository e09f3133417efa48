import { t } from "../equipment/file-test.ts";
import { demanded, groupedBy, promqlErrors } from "./promql.ts";
import { tierMetrics } from "./tier-registries.ts";

const known = await tierMetrics();

t.test("what the tiers can answer is in order", async (t) => {
  for (const expression of [
    "turnout_queue_messages",
    'sum by (stack, reason) (increase(turnout_dead_letters_total{reason="malformed"}[5m])) >= 1',
    "histogram_quantile(0.99, sum by (le) (rate(turnout_accept_seconds_bucket[1m])))",
    'max by (stack, instance) (turnout_breaker_open{dependency=~"table|outcomes table", tier="worker"})',
    "turnout_queue_messages and on (stack, instance) (time() - turnout_queue_polled_at_timestamp_seconds < 150)",
    'turnout_changes_total{kind="correction"}',
  ])
    t.strictSame(promqlErrors(expression, known), [], expression);
});

t.test(
  "control: broken expressions, unknown metrics, labels and values are found, and rates of what is no count",
  async (t) => {
    for (const [expression, error] of [
      ["sum(turnout_queue_messages", /not PromQL at character 26/],
      ["sum by stack (turnout_queue_messages)", /not PromQL/],
      ["time() > 3", /asks for no metric/],
      ["turnout_queue_mesages > 3", /turnout_queue_mesages is no metric/],
      ["turnout_accept_seconds", /turnout_accept_seconds is no metric/],
      ["up", /up is no metric of the tiers/],
      ['turnout_dead_letters_total{cause="malformed"}', /no label cause/],
      ['turnout_dead_letters_total{reason="malformd"}', /no reason="malformd"/],
      ['turnout_breaker_open{dependency=~"table|tabel"}', /no dependency="tabel"/],
      ['turnout_registrations_accepted_total{tier="worker"}', /no tier="worker"/],
      ["sum by (reasons) (turnout_dead_letters_total)", /nothing here has the label reasons/],
      ["sum by (reason) (turnout_queue_messages)", /nothing here has the label reason/],
      ["turnout_queue_messages and on (instanse) turnout_queue_in_flight", /the label instanse/],
      ["rate(turnout_queue_messages[1m])", /no count/],
    ] as const)
      t.match(promqlErrors(expression, known).join(), error, expression);
  },
);

t.test("grouping and matchers are read", async (t) => {
  t.strictSame([...groupedBy("min by (a) (max by (a, b) (x and on (c) y))")], ["a", "b"]);
  t.strictSame(demanded('up{job="turnout-web"} == up{job="x"}', "job"), ["turnout-web", "x"]);
});
