import { t } from "../equipment/file-test.ts";
import { buildTestApp } from "../equipment/web-app.ts";
import { valid } from "../web/routes/registration-requests.ts";
import { settingsOf, variablesOf } from "./environment-settings.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();
const full = (await synthesized({ settings: fullSettings })).main;

t.test("whoever opens a connection closes it first, from CloudFront to the tier", async (t) => {
  const attributes = only(main, "AWS::ElasticLoadBalancingV2::LoadBalancer").Properties["LoadBalancerAttributes"];
  const idle = (attributes as { Key: string; Value: string }[]).find(
    (one) => one.Key === "idle_timeout.timeout_seconds",
  );
  const { Origins } = only(main, "AWS::CloudFront::Distribution").Properties["DistributionConfig"] as {
    Origins: { VpcOriginConfig: { OriginKeepaliveTimeout: number } }[];
  };
  const edge = Origins[0]?.VpcOriginConfig.OriginKeepaliveTimeout ?? Infinity;
  t.ok(edge < Number(idle?.Value), `CloudFront ${edge} < load balancer ${idle?.Value}`);
  const { app } = await buildTestApp();
  t.teardown(() => app.close());
  t.equal(app.server.keepAliveTimeout, 0, "nothing but the time-out below ends an idle connection");
  const tier = app.server.timeout / 1_000;
  t.ok(Number(idle?.Value) + 10 < tier, `load balancer ${idle?.Value} < tier ${tier}, by more than a moment`);
});

t.test("both environments run the same version of the same bundle, on the configured platform version", async (t) => {
  const environments = resources(main, "AWS::ElasticBeanstalk::Environment").map(([, one]) => one.Properties);
  t.equal(environments.length, 2);
  for (const environment of environments) {
    t.match(environment["VersionLabel"], { Ref: /^ApplicationVersion/ });
    t.match(
      JSON.stringify(environment["PlatformArn"]),
      /::platform\/Node\.js 24 running on 64bit Amazon Linux 2023\/6\.11\.5/,
    );
    t.notOk("EnvironmentName" in environment, "a fixed name could not be replaced");
    t.notOk("SolutionStackName" in environment, "a stack's name would replace the environment");
  }
  t.match(
    environments.map((environment) => environment["Tier"]),
    [
      { Name: "WebServer", Type: "Standard" },
      { Name: "Worker", Type: "SQS/HTTP" },
    ],
  );
  t.match(only(main, "AWS::ElasticBeanstalk::ApplicationVersion").Properties["SourceBundle"], { S3Key: /\.zip$/ });
});

t.test("workers are deployed before the web tier, so that they know what it sends, and go after it", async (t) => {
  for (const template of [main, full]) {
    const ids = new Map(resources(template, "AWS::ElasticBeanstalk::Environment").map(([id, one]) => [id, one]));
    const [web, worker] = ["PlatformWeb", "PlatformWorker"].map((name) =>
      [...ids.keys()].find((id) => id.startsWith(name))!,
    );
    t.ok(ids.get(web!)?.DependsOn?.includes(worker!), "CloudFormation updates what others depend on first");
    t.notOk(ids.get(worker!)?.DependsOn?.includes(web!));
  }
});

t.test("environments come after what their instances need, and go before it", async (t) => {
  for (const tier of ["PlatformWeb", "PlatformWorker"]) {
    const needs = only(main, "AWS::ElasticBeanstalk::Environment", tier).DependsOn?.join(" ") ?? "";
    for (const need of [
      /VpcPrivateSubnet1DefaultRoute/,
      /NATGateway/,
      /Listener/,
      /RolesWeb/,
      /RolesWorker/,
      /VpcIGW/,
    ]) {
      t.match(needs, need);
    }
  }
});

t.test("receipt keys come from a secret that the stack makes up, and only the web tier may read it", async (t) => {
  t.match(only(main, "AWS::SecretsManager::Secret").Properties["GenerateSecretString"], {
    PasswordLength: 43,
    ExcludePunctuation: true,
  });
  t.match(settingsOf(main, "Web", "aws:elasticbeanstalk:application:environmentsecrets"), {
    RECEIPT_KEYS: { Ref: /^ApplicationReceiptKeys/ },
  });
  t.strictSame(settingsOf(main, "Worker", "aws:elasticbeanstalk:application:environmentsecrets"), {});
  t.notOk("RECEIPT_KEYS" in settingsOf(main, "Web", "aws:elasticbeanstalk:application:environment"));
});

t.test("the load balancer answers 404 to everybody who does not know the environment's name", async (t) => {
  for (const [template, port] of [
    [main, 80],
    [full, 443],
  ] as const) {
    const listeners = resources(template, "AWS::ElasticLoadBalancingV2::Listener").map(([, one]) => one.Properties);
    t.match(listeners, [
      { Port: port, DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } }] },
    ]);
    t.equal(listeners.length, 1);
  }
});

t.test("the tier learns the attendee's own address, and no invented one", async (t) => {
  const attributes = only(main, "AWS::ElasticLoadBalancingV2::LoadBalancer").Properties["LoadBalancerAttributes"];
  t.match(
    (attributes as { Key: string; Value: string }[]).find(
      ({ Key }) => Key === "routing.http.xff_header_processing.mode",
    ),
    { Value: "preserve" },
  );
  const { app } = await buildTestApp({
    limits: { rateLimitPerMinute: 1, trustedProxies: String(variablesOf(main, "Web")["TRUST_PROXY"]).split(",") },
  });
  t.teardown(() => app.close());
  const register = async (forwarded: string, remoteAddress = "10.0.17.5") =>
    (
      await app.inject({
        method: "POST",
        url: "/registrations",
        remoteAddress,
        headers: { "x-forwarded-for": forwarded },
        payload: valid,
      })
    ).statusCode;
  t.equal(await register("203.0.113.7"), 202);
  t.equal(await register("198.51.100.1, 203.0.113.7"), 429, "the same attendee, with an invented address before it");
  t.equal(await register("203.0.113.8"), 202, "another attendee");
  t.equal(await register("203.0.113.9", "10.0.0.5"), 202, "from a subnet without a load balancer");
  t.equal(await register("203.0.113.10", "10.0.0.5"), 429, "control: what it says is not believed");
});
