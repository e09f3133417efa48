import { t } from "../equipment/file-test.ts";
import { commandsIn, nightSections, runbook } from "../equipment/night-page.ts";
import { runbookLink } from "../../infra/alarms.ts";
import { fullSettings, only, resources, synthesized, watched } from "./templates.ts";

const { main } = await synthesized();
const full = (await synthesized({ settings: fullSettings })).main;
const alarms = resources(main, "AWS::CloudWatch::Alarm").filter(([id]) => id.startsWith("Observability"));

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
  t.equal(all.length, alarms.length + 5, "also those of mail, and the one that grows the worker tier");
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

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const maxDescriptionLength = 1_024;

t.test(
  "each alarm's text names the command to begin with, with the stack's own name, and CloudWatch takes it",
  async (t) => {
    const own = resources(full, "AWS::CloudWatch::Alarm").filter(([id]) => id.startsWith("Observability"));
    t.equal(own.length, alarms.length + 4);
    for (const [id, alarm] of own) {
      const description = String(alarm.Properties["AlarmDescription"]);
      t.match(description, /`npm run turnout -- console --stack [a-z][\w-]*-production`/, id);
      t.ok(description.length <= maxDescriptionLength, `${id}: ${description.length} characters`);
    }
  },
);

t.test(
  "the runbook begins with the alarms: what each means for attendees, and a short section to act by",
  async (t) => {
    t.equal(/^## (.+)$/m.exec(runbook)?.[1], "When an alarm rings", "before any theory");
    const sections = nightSections();
    const headings = resources(full, "AWS::CloudWatch::Alarm")
      .filter(([id]) => id.startsWith("Observability"))
      .map(([, alarm]) => String(alarm.Properties["AlarmDescription"]).split("#").at(-1) ?? "");
    const rows = [...runbook.matchAll(/^\| \[(.+)\]\(#(.+)\) \| .+ \|$/gm)];
    t.strictSame(
      rows.map(([, title]) => title),
      [...sections.keys()],
      "the table lists the sections in their order",
    );
    t.strictSame(
      new Set(rows.map(([, , anchor]) => anchor)),
      new Set(headings),
      "there is one for each alarm, and no other",
    );
    for (const [heading, text] of sections) {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      t.ok(lines.length <= 12, `${heading}: ${lines.length} lines`);
      for (const step of ["1. **Look**", "2. **Decide**", "3. **Do**", "4. **Mended** when"])
        t.match(text, step, heading);
      t.match(
        text,
        /`npm run turnout -- (?:console|queue|doctor)[^`]* --stack <name>`/,
        `${heading}: a command to look`,
      );
      const without = commandsIn(text).filter((args) => !args.join(" ").includes("--stack <name>"));
      t.strictSame(without, [], `${heading}: every command names the stack`);
    }
  },
);

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

t.test("mail has alarms of its own, with what to do, only where there is mail", async (t) => {
  const alarm = (id: string) => only(full, "AWS::CloudWatch::Alarm", `Observability${id}`);
  const ids = ["MailIsLate", "MailsAreGivenUp", "MailBounces", "MailIsComplainedAbout"];
  for (const id of ids) {
    t.notOk(alarms.some(([other]) => other.startsWith(`Observability${id}`)));
    t.match(String(alarm(id).Properties["AlarmDescription"]), /[:;] (see|mend|find) .+\. https:/, id);
    t.match(alarm(id).Properties["AlarmActions"], [{ Ref: /^ObservabilityTopic/ }], id);
  }
  t.match(watched(alarm("MailIsLate")), { MetricName: "ApproximateAgeOfOldestMessage" });
  t.match(watched(alarm("MailsAreGivenUp")), {
    MetricName: "ApproximateNumberOfMessagesVisible",
    Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [/^MailDeadLetterQueue/, "QueueName"] } }],
  });
  for (const [id, metric, threshold] of [
    ["MailBounces", "Reputation.BounceRate", 0.05],
    ["MailIsComplainedAbout", "Reputation.ComplaintRate", 0.001],
  ] as const) {
    const { Dimensions = [], ...seen } = watched(alarm(id));
    t.match(seen, { Namespace: "AWS/SES", MetricName: metric });
    t.strictSame(Dimensions, [], "the account's, by which SES stops accounts");
    t.match(alarm(id).Properties, { Threshold: threshold, TreatMissingData: "ignore" });
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
