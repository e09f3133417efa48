import { readFileSync } from "node:fs";
import { t } from "../equipment/file-test.ts";
import { runbookLink } from "../../infra/alarms.ts";
import { fullSettings, only, resources, synthesized, watched } from "./templates.ts";

const { main } = await synthesized();
const full = (await synthesized({ settings: fullSettings })).main;
const alarms = resources(main, "AWS::CloudWatch::Alarm").filter(([id]) => id.startsWith("Observability"));
const runbook = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

/** As a reader of Markdown makes anchors of headings. */
const anchors = new Set(
  [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .trim()
      .replace(/\s/g, "-"),
  ),
);

t.test("each alarm says what is wrong and links to a paragraph of the runbook that exists", async (t) => {
  t.ok(alarms.length >= 12, `${alarms.length} alarms`);
  for (const [id, alarm] of alarms) {
    const description = String(alarm.Properties["AlarmDescription"]);
    t.match(description, /^[A-Z].+\. Runbook: docs\/operations\.md, section ".+"\.$/, id);
    const heading = /section "(.+)"/.exec(description)?.[1] ?? "";
    t.match(runbook, new RegExp(`^### ${heading}$`, "m"), heading);
  }
});

t.test("where the runbook's address is known, every alarm's mail has a link that works", async (t) => {
  const all = resources(full, "AWS::CloudWatch::Alarm");
  t.equal(all.length, alarms.length + 1, "also the one that grows the worker tier");
  for (const [id, alarm] of all) {
    const [, url = ""] = / (\S+)$/.exec(String(alarm.Properties["AlarmDescription"])) ?? [];
    t.ok(url.startsWith(`${fullSettings.runbookUrl}#`), `${id}: ${url}`);
    t.ok(anchors.has(new URL(url).hash.slice(1)), `${url} is a heading`);
  }
});

t.test("no alarm pretends that a path is a link", async (t) => {
  for (const [id, alarm] of resources(main, "AWS::CloudWatch::Alarm"))
    t.notMatch(String(alarm.Properties["AlarmDescription"]), /\.md#/, id);
});

t.test("a paragraph is found by the alarm's name", async (t) => {
  t.equal(runbookLink("BacklogIsOld", {}), 'Runbook: docs/operations.md, section "Backlog is old".');
  t.equal(runbookLink("BacklogIsOld", { runbookUrl: "https://x.example/r" }), "https://x.example/r#backlog-is-old");
});

t.test("each alarm tells when it rings and when it is over", async (t) => {
  for (const [id, alarm] of alarms) {
    t.match(alarm.Properties["AlarmActions"], [{ Ref: /^ObservabilityTopic/ }], id);
    t.match(alarm.Properties["OKActions"], [{ Ref: /^ObservabilityTopic/ }], id);
  }
});

t.test("silence is good, but where it is the failure itself", async (t) => {
  for (const [id, alarm] of alarms) {
    t.equal(alarm.Properties["TreatMissingData"], /Daemon|NotPolled/.test(id) ? "breaching" : "notBreaching", id);
  }
});

t.test("what would lose a registration in the end rings long before it does", async (t) => {
  const uncollected = only(main, "AWS::CloudWatch::Alarm", "ObservabilityDeadLettersAreNotCollected");
  t.equal(uncollected.Properties["Threshold"], 1);
  t.match(watched(uncollected), {
    MetricName: "ApproximateNumberOfMessagesVisible",
    Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [/^DataDeadLetterQueue/, "QueueName"] } }],
  });
  t.match(only(main, "AWS::CloudWatch::Alarm", "ObservabilityBacklogIsOld").Properties, { Threshold: 600 });
});
