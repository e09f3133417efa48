import { t } from "../equipment/file-test.ts";
import { nameReceiptKey } from "../../infra/bundle/receipt-key.ts";
import { queueTimes } from "../../infra/data.ts";
import { stopDeadlineSeconds, tierPort } from "../../infra/tier-variables.ts";
import { readStackConfig } from "../../infra/config.ts";
import { readEnv } from "../../shared/process/environment.ts";
import { WebConfig } from "../../web/config.ts";
import { parseReceiptKeys } from "../../shared/registration/receipts.ts";
import { WorkerConfig } from "../../worker/config.ts";
import { settingsOf, variablesOf } from "./environment-settings.ts";
import { fullSettings, only, synthesized } from "./templates.ts";

const { main } = await synthesized();
const full = (await synthesized({ settings: fullSettings })).main;

/** What the bundle's own start reads; the tier itself never sees it as a setting. */
const readByTheStart = ["TIER"];

/** What CloudFormation puts in the place of each reference. */
const deployed: Readonly<Record<string, string>> = {
  AWS_REGION: "eu-central-1",
  QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/cell-DataQueue",
  DEAD_LETTER_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/cell-DataDeadLetterQueue",
  REGISTRATIONS_TABLE: "cell-DataRegistrations-1",
  DEAD_LETTERS_TABLE: "cell-DataDeadLetters-1",
  OUTCOMES_TABLE: "cell-DataOutcomes-1",
  ACTIVITY_TABLE: "cell-DataActivity-1",
  CONTROLS_TABLE: "cell-DataControls-1",
  MAIL_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/cell-MailQueue",
  MAILS_TABLE: "cell-MailMails-1",
  MAIL_CONFIGURATION_SET: "cell-MailConfigurationSet-1",
  RECEIPT_KEYS: nameReceiptKey("a".repeat(43)),
};

/** A tier's environment as its process would find it. */
function environmentOf(template: typeof main, tier: "Web" | "Worker"): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variablesOf(template, tier)).map(([name, value]) => [
      name,
      typeof value === "string" ? value : (deployed[name] ?? ""),
    ]),
  );
}

for (const [tier, schema] of [
  ["Web", WebConfig],
  ["Worker", WorkerConfig],
] as const) {
  t.test(
    `the ${tier.toLowerCase()} tier gets every variable that it requires, and none that it does not know`,
    async (t) => {
      for (const template of [main, full]) {
        const environment = environmentOf(template, tier);
        t.doesNotThrow(() => readEnv(schema, environment));
        const known = new Set([...Object.keys(schema.properties), ...readByTheStart]);
        t.strictSame(
          Object.keys(environment).filter((name) => !known.has(name)),
          [],
        );
      }
    },
  );

  t.test(`the ${tier.toLowerCase()} tier would reject an environment that lacks one of them`, async (t) => {
    const { QUEUE_URL: _, ...lacking } = environmentOf(main, tier);
    t.throws(() => readEnv(schema, lacking), { code: "TURNOUT_ENVIRONMENT_INVALID" });
  });
}

t.test("what infra tells the tiers agrees with what they take by default", async (t) => {
  const web = readEnv(WebConfig, deployed);
  const worker = readEnv(WorkerConfig, deployed);
  t.equal(queueTimes.visibilityTimeoutSeconds, worker.VISIBILITY_TIMEOUT_SECONDS);
  t.equal(queueTimes.receiveWaitSeconds, worker.RECEIVE_WAIT_SECONDS);
  t.equal(stopDeadlineSeconds.web, web.STOP_DEADLINE_SECONDS);
  t.equal(stopDeadlineSeconds.worker, worker.STOP_DEADLINE_SECONDS);
  t.equal(tierPort, web.PORT);
  t.equal(tierPort, worker.PORT);
});

t.test("the load balancer reaches the web tier itself, and nobody the worker's but its own nginx", async (t) => {
  const [web, worker] = [environmentOf(main, "Web"), environmentOf(main, "Worker")];
  t.match(settingsOf(main, "Web", "aws:elasticbeanstalk:environment:process:default"), { Port: web["PORT"] });
  t.equal(readEnv(WebConfig, web).HOST, "0.0.0.0");
  t.notOk("HOST" in worker, "on loopback, by default");
  // The platform's nginx passes on to the port in this variable, or else to another one than the tier's.
  t.equal(worker["PORT"], String(tierPort));
});

t.test("addresses are believed from the load balancer's own subnets and from nobody else", async (t) => {
  for (const template of [main, full]) {
    const { Subnets } = only(template, "AWS::ElasticLoadBalancingV2::LoadBalancer").Properties;
    const ranges = (Subnets as { Ref: string }[]).map(
      ({ Ref }) => only(template, "AWS::EC2::Subnet", Ref).Properties["CidrBlock"],
    );
    t.equal(ranges.length, 2);
    t.equal(readEnv(WebConfig, environmentOf(template, "Web")).TRUST_PROXY, ranges.join(","));
  }
});

t.test("the health agent's log is written by the tier that nginx writes none for", async (t) => {
  t.equal(environmentOf(main, "Web")["HEALTH_LOG_FOLDER"], "/var/log/nginx/healthd");
  t.notOk("HEALTH_LOG_FOLDER" in environmentOf(main, "Worker"));
});

t.test("the tiers are told what the queue does", async (t) => {
  t.match(settingsOf(main, "Worker", "aws:elasticbeanstalk:application:environment"), {
    VISIBILITY_TIMEOUT_SECONDS: "30",
    RECEIVE_WAIT_SECONDS: "10",
  });
});

t.test("the key that the stack makes up is one that the web tier takes", async (t) => {
  t.equal(parseReceiptKeys(deployed["RECEIPT_KEYS"] ?? "").size, 1);
});

t.test(
  "the web tier is told its public name where the stack knows one, and the contact where there is one",
  async (t) => {
    const known = variablesOf(full, "Web");
    t.equal(known["PUBLIC_URL"], "https://summit.example.org");
    t.equal(known["SECURITY_CONTACT"], "mailto:security@example.org");
    for (const name of ["PUBLIC_URL", "SECURITY_CONTACT"]) t.notOk(name in variablesOf(main, "Web"), name);
  },
);

t.test("both tiers know of mail where there is mail, and only there", async (t) => {
  const [web, worker] = [variablesOf(full, "Web"), variablesOf(full, "Worker")];
  t.match(web["MAIL_QUEUE_URL"], { Ref: /^MailQueue/ });
  t.match(worker, {
    MAIL_FROM: fullSettings.mailFrom,
    MAIL_QUEUE_URL: { Ref: /^MailQueue/ },
    MAILS_TABLE: { Ref: /^MailMails/ },
    MAIL_CONFIGURATION_SET: { Ref: /^MailConfigurationSet/ },
    PUBLIC_URL: "https://summit.example.org",
    EVENT_FILE: "event.json",
    MAILS_PER_SECOND: "50",
    RECEIPT_KEYS: { Ref: /^ApplicationReceiptKeys/ },
  });
  t.strictSame(worker["RECEIPT_KEYS"], web["RECEIPT_KEYS"], "a link in a mail is one that the web tier opens");
  for (const tier of ["Web", "Worker"] as const)
    t.strictSame(
      Object.keys(variablesOf(main, tier)).filter((name) => name.startsWith("MAIL")),
      [],
    );
  t.notOk("RECEIPT_KEYS" in variablesOf(main, "Worker"));
  const { main: unnamed } = await synthesized({
    settings: { mailFrom: "a@b.org", publicUrl: "https://d1.cloudfront.net" },
  });
  for (const tier of ["Web", "Worker"] as const)
    t.equal(variablesOf(unnamed, tier)["PUBLIC_URL"], "https://d1.cloudfront.net", "without an own domain, as given");
});

t.test("registrations are forgotten after as many days as are configured, and kept where none are", async (t) => {
  t.equal(variablesOf(full, "Worker")["RETENTION_DAYS"], "90");
  t.notOk("RETENTION_DAYS" in variablesOf(main, "Worker"));
});

t.test("the client limit is the web tier's own, until the settings raise it or exempt a load test", async (t) => {
  const usual = variablesOf(main, "Web");
  t.equal(Number(usual["RATE_LIMIT_PER_MINUTE"]), readEnv(WebConfig, deployed).RATE_LIMIT_PER_MINUTE);
  t.notOk("RATE_LIMIT_EXEMPT" in usual);
  const known = variablesOf(full, "Web");
  t.equal(known["RATE_LIMIT_PER_MINUTE"], "1200");
  t.equal(known["RATE_LIMIT_EXEMPT"], "203.0.113.7,2001:db8::/48 until 2027-02-01T12:00Z");
});

t.test("traces go to a collector where there is one, in the share that is set, and nowhere else", async (t) => {
  for (const tier of ["Web", "Worker"] as const) {
    t.match(variablesOf(full, tier), {
      OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.org",
      OTEL_TRACES_SAMPLER_ARG: "0.01",
    });
    t.strictSame(
      Object.keys(variablesOf(main, tier)).filter((name) => name.startsWith("OTEL_")),
      [],
    );
  }
  t.equal(readStackConfig({}).tracesShare, readEnv(WebConfig, deployed).OTEL_TRACES_SAMPLER_ARG);
});
