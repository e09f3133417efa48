import { readFileSync } from "node:fs";
import { t } from "../equipment/file-test.ts";
import { openSettings, readStackConfig, StackConfig, StackConfigError, zonesOf } from "../../infra/config.ts";
import { fullSettings } from "./templates.ts";

function errorsOf(context: Record<string, unknown>): readonly string[] {
  try {
    readStackConfig(context);
    return [];
  } catch (error) {
    if (error instanceof StackConfigError) return error.errors;
    throw error;
  }
}

t.test("nothing needs to be said: a test stage, with the policy's numbers", async (t) => {
  t.match(readStackConfig({}), {
    stage: "test",
    stackName: "turnout",
    eventFile: "event.json",
    webInstanceType: "c7g.medium",
    webMinInstances: 2,
    webMaxInstances: 20,
    workerMinInstances: 1,
    workerMaxInstances: 8,
    natGateways: 1,
    waf: false,
  });
  t.ok(Object.isFrozen(readStackConfig({})));
});

t.test("every setting says what it is for, and has a default or may be left out", async (t) => {
  for (const [name, setting] of Object.entries(StackConfig.properties)) {
    const { description, default: fallback } = setting as { description?: string; default?: unknown };
    t.ok((description ?? "").length > 20, `${name} is described`);
    const required = (StackConfig.required as readonly string[]).includes(name);
    t.ok(fallback !== undefined || !required, `${name} has a default or is optional`);
    if (!required) t.match(description, /default|certificate/i, `${name} says what happens without it`);
  }
});

t.test("texts from the command line become what they stand for", async (t) => {
  t.match(readStackConfig({ webMinInstances: "3", waf: "true", logRetentionDays: "30", natGateways: "2" }), {
    webMinInstances: 3,
    waf: true,
    logRetentionDays: 30,
    natGateways: 2,
  });
});

t.test("everything optional at once is taken", async (t) => {
  t.strictSame(errorsOf(fullSettings), []);
});

t.test("CDK's own context is left alone, a misspelt setting is not", async (t) => {
  t.strictSame(
    errorsOf({ "@aws-cdk/core:newStyle": true, "aws:cdk:path": "x", "availability-zones:account=1": [] }),
    [],
  );
  t.match(errorsOf({ alarmEmial: "a@b.example" }), [/alarmEmial is not a setting/]);
});

t.test("all errors are told at once, each with what was given and what is allowed", async (t) => {
  const errors = errorsOf({
    stage: "prod",
    natGateways: 5,
    waf: "yes",
    logRetentionDays: "2",
    platformVersion: "latest",
  });
  t.equal(errors.length, 5);
  t.match(errors.join("\n"), /stage was "prod", allowed is one of test, production/);
  t.match(errors.join("\n"), /natGateways was 5, allowed is a whole number from 1 to 2/);
  t.match(errors.join("\n"), /waf was "yes", allowed is true or false/);
});

t.test("traces leave an instance by TLS alone, and their share is a number of any size", async (t) => {
  for (const tracesEndpoint of ["https://collector.example.org", "https://a.example/otlp", "http://127.0.0.1:4318"])
    t.equal(readStackConfig({ tracesEndpoint }).tracesEndpoint, tracesEndpoint);
  for (const tracesEndpoint of ["http://collector.example.org:4318", "https://collector.example.org:4318", "grpc://a"])
    t.match(errorsOf({ tracesEndpoint }), [/^tracesEndpoint was /]);
  t.equal(readStackConfig({ tracesShare: "0.05" }).tracesShare, 0.05);
  t.match(errorsOf({ tracesShare: "2" }), [/tracesShare was "2", allowed is a number from 0 to 1/]);
});

t.test("numbers that contradict each other are rejected", async (t) => {
  t.match(errorsOf({ webMinInstances: 8 }), [/webMinInstances 8, webRushInstances 6 and webMaxInstances 20 must rise/]);
  t.match(errorsOf({ workerMaxInstances: 2 }), [/workerMaxInstances 2/]);
  t.match(errorsOf({ tableWarmWritesPerSecond: 9_000, tableMaxWritesPerSecond: 5_000 }), [/tableMaxWritesPerSecond/]);
});

t.test("a name that says the stage already is not given it twice", async (t) => {
  t.match(errorsOf({ stackName: "summit-test" }), [/makes the stack summit-test-test: leave -test out/]);
  t.match(errorsOf({ stackName: "summit-production", stage: "production" }), [/leave -production out/]);
  t.strictSame(errorsOf({ stackName: "test" }), []);
  t.strictSame(errorsOf({ stackName: "summit-testing" }), []);
});

t.test("zones are two different ids, not names", async (t) => {
  t.strictSame(errorsOf({ zones: "euc1-az1,euc1-az3" }), []);
  t.match(errorsOf({ zones: "euc1-az1,euc1-az1" }), [/zones were euc1-az1 twice/]);
  for (const zones of ["eu-central-1a,eu-central-1b", "euc1-az1", "euc1-az1,euc1-az2,euc1-az3"]) {
    t.match(errorsOf({ zones }), [/zones was/], zones);
  }
});

t.test("what depends on the account is open until it is given", async (t) => {
  t.strictSame(openSettings(readStackConfig({})), ["platformVersion", "zones"]);
  const given = readStackConfig({ platformVersion: "6.12.0", zones: "euc1-az1,euc1-az3" });
  t.strictSame(openSettings(given), []);
  t.strictSame(zonesOf(given), ["euc1-az1", "euc1-az3"]);
});

t.test("an own domain comes with both certificates, CloudFront's in us-east-1", async (t) => {
  t.match(errorsOf({ domainName: "summit.example.org" }), [/belong together/]);
  const certificateArn = "arn:aws:acm:eu-central-1:123456789012:certificate/1";
  t.match(errorsOf({ ...fullSettings, certificateArn }), [/must lie in us-east-1/]);
});

t.test("the runbook's table names every setting with its default, and no other", async (t) => {
  const runbook = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const table = runbook.slice(runbook.indexOf("## Settings"), runbook.indexOf("## Deploy"));
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name = "", fallback = ""]) => [name, fallback]);
  t.strictSame(
    rows.map(([name]) => name),
    Object.keys(StackConfig.properties),
  );
  for (const [name = "", fallback = ""] of rows) {
    const setting = (StackConfig.properties as Record<string, { default?: unknown }>)[name];
    if (setting?.default === undefined) t.match(fallback, /^(none|never|chosen|CloudFront's|on the test stage)$/, name);
    else t.equal(fallback, `\`${JSON.stringify(setting.default).replaceAll('"', "")}\``, name);
  }
});

t.test(
  "a sender is a name with an address, or an address, of the identity that is given or its domain's",
  async (t) => {
    const publicUrl = "https://d1.cloudfront.net";
    for (const mailFrom of [
      "a@b.org",
      "Summit 2027 <a@b.org>",
      '"Summit, Berlin" <a@b.org>',
      "Größe ü <a.b@c.example.org>",
    ])
      t.strictSame(errorsOf({ mailFrom, publicUrl }), [], mailFrom);
    for (const mailFrom of [
      "Summit",
      "a@b",
      "a@b.org, c@d.org",
      "Summit, Berlin <a@b.org>",
      "<a@b.org>",
      "A\r\nBcc: <a@b.org>",
    ])
      t.match(errorsOf({ mailFrom, publicUrl }), [/mailFrom was/], mailFrom);
    const of = (mailIdentity: string) => errorsOf({ mailFrom: "A <a@x.b.org>", mailIdentity, publicUrl });
    for (const mailIdentity of ["b.org", "x.b.org", "a@x.b.org"]) t.strictSame(of(mailIdentity), [], mailIdentity);
    for (const mailIdentity of ["c.org", "other@x.b.org", ".b.org"]) t.equal(of(mailIdentity).length, 1, mailIdentity);
  },
);

t.test("mail needs to know where the site is, and its settings need mail", async (t) => {
  t.match(errorsOf({ mailFrom: "a@b.org" }), [/mailFrom needs publicUrl.*Deploy without mailFrom first/]);
  const { mailFrom, ...rest } = fullSettings;
  t.match(errorsOf(rest), [/^mailIdentity, mailIdentityManaged, mailsPerSecond without mailFrom/]);
  t.match(errorsOf({ ...fullSettings, publicUrl: "https://other.example.org" }), [/leave publicUrl out/]);
  t.strictSame(errorsOf({ ...fullSettings, publicUrl: "https://summit.example.org" }), []);
  t.ok(mailFrom);
});

t.test("the challenge is the firewall's", async (t) => {
  t.match(errorsOf({ registrationChallenge: true }), [/needs waf=true/]);
});

t.test("own tags may not be AWS's or Turnout's, nor have what AWS rejects", async (t) => {
  t.strictSame(errorsOf({ tags: "costCentre=42,owner=events team,größe=xl,Name of it=x" }), []);
  const ofAws = ["aws:x=1", "AWS:x=1", "Name=summit", "elasticbeanstalk:environment-id=1", "empty=", "owner=a,Owner=b"];
  for (const tags of [...ofAws, "turnout:stack=other", "a=b;c", "a", "=b", "a=b,a=c"])
    t.equal(errorsOf({ tags }).length, 1, tags);
});

t.test("a load test is exempt from addresses that exist, and only until a time", async (t) => {
  const loadTestUntil = "2027-02-01T12:00Z";
  t.strictSame(errorsOf({ loadTestFrom: "203.0.113.7,2001:db8::/48", loadTestUntil }), []);
  t.match(errorsOf({ loadTestFrom: "203.0.113.7" }), [/belong together/]);
  for (const loadTestFrom of ["203.0.113.300", "203.0.113.0/33", "0.0.0.0/0", "::/0", "everywhere"])
    t.equal(errorsOf({ loadTestFrom, loadTestUntil }).length, 1, loadTestFrom);
  for (const until of ["2027-13-01T12:00Z", "2027-02-01T25:00Z", "2027-02-01", "tomorrow"])
    t.match(errorsOf({ loadTestFrom: "203.0.113.7", loadTestUntil: until }), [/loadTestUntil was/], until);
});
