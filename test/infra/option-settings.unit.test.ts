import { t } from "../equipment/file-test.ts";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { optionError } from "./beanstalk-options.ts";
import { givenOptions, settingsOf, type Tier } from "./environment-settings.ts";
import { fullSettings, synthesized } from "./templates.ts";

const { main } = await synthesized();
const full = (await synthesized({ settings: fullSettings })).main;
const tiers: readonly Tier[] = ["Web", "Worker"];

t.test("every option is a documented one, with a value that it may have", async (t) => {
  for (const [name, template] of Object.entries({ "as little as possible": main, "everything optional": full })) {
    for (const tier of tiers) {
      const options = givenOptions(template, tier);
      t.ok(options.length > 30, `${tier} with ${name}: ${options.length} options`);
      t.strictSame(options.map(optionError).filter(Boolean), [], `${tier} with ${name}`);
    }
  }
});

t.test("a misspelt option, namespace or value would be found", async (t) => {
  t.match(optionError({ Namespace: "aws:autoscaling:asg", OptionName: "MinimumSize", Value: "1" }), /no option/);
  t.match(optionError({ Namespace: "aws:autoscaling:group", OptionName: "MinSize", Value: "1" }), /no documented/);
  t.match(optionError({ Namespace: "aws:autoscaling:asg", OptionName: "MinSize", Value: "0" }), /may not be "0"/);
  t.match(
    optionError({ Namespace: "aws:autoscaling:launchconfiguration", OptionName: "MonitoringInterval", Value: "1" }),
    /may not be/,
  );
});

t.test("no option is set twice", async (t) => {
  for (const tier of tiers) {
    const names = givenOptions(main, tier).map((option) => `${option.Namespace} ${option.OptionName}`);
    t.equal(new Set(names).size, names.length, tier);
  }
});

t.test("the web tier scales by CPU as the policy says", async (t) => {
  const { cpu } = scalingPolicy.web;
  t.match(settingsOf(main, "Web", "aws:autoscaling:trigger"), {
    MeasureName: "CPUUtilization",
    Statistic: "Average",
    Unit: "Percent",
    Period: "1",
    EvaluationPeriods: "2",
    BreachDuration: "2",
    UpperThreshold: "75",
    LowerThreshold: "25",
    UpperBreachScaleIncrement: "2",
    LowerBreachScaleIncrement: "-1",
  });
  t.match(cpu, { growAbovePercent: 75, shrinkBelowPercent: 25, periodSeconds: 60, breachPeriods: 2 });
  t.match(settingsOf(main, "Web", "aws:autoscaling:asg"), { MinSize: "2", MaxSize: "20", Cooldown: "60" });
});

t.test("the worker tier's own trigger can never fire: what CPU shows lies between its thresholds", async (t) => {
  const trigger = settingsOf(main, "Worker", "aws:autoscaling:trigger");
  t.match(trigger, { MeasureName: "CPUUtilization", LowerThreshold: "0", UpperThreshold: "20000000" });
});

t.test("the daemon has a queue of its own, and waits less for a post than it hides it", async (t) => {
  const daemon = settingsOf(main, "Worker", "aws:elasticbeanstalk:sqsd");
  t.notOk("WorkerQueueURL" in daemon);
  t.ok(Number(daemon["InactivityTimeout"]) < Number(daemon["VisibilityTimeout"]));
  t.strictSame(settingsOf(main, "Web", "aws:elasticbeanstalk:sqsd"), {});
});

t.test("instances have no public address, no old metadata service and no group that nobody here wrote", async (t) => {
  for (const tier of tiers) {
    t.match(settingsOf(main, tier, "aws:autoscaling:launchconfiguration"), {
      DisableIMDSv1: "true",
      DisableDefaultEC2SecurityGroup: "true",
      SecurityGroups: { "Fn::GetAtt": [new RegExp(`^Network${tier}Group`), "GroupId"] },
      IamInstanceProfile: { "Fn::GetAtt": [new RegExp(`^Roles${tier}Profile`), "Arn"] },
    });
    t.equal(settingsOf(main, tier, "aws:ec2:vpc")["AssociatePublicIpAddress"], "false");
  }
});

t.test("health is reported in full, and an attendee's mistake is not the environment's", async (t) => {
  for (const tier of tiers) {
    const health = settingsOf(main, tier, "aws:elasticbeanstalk:healthreporting:system");
    t.equal(health["SystemType"], "enhanced");
    t.match(JSON.parse(String(health["ConfigDocument"])), {
      Rules: { Environment: { Application: { ApplicationRequests4xx: { Enabled: false } } } },
    });
  }
  t.match(settingsOf(main, "Web", "aws:elasticbeanstalk:environment:process:default"), { HealthCheckPath: "/health" });
});

t.test("logs are streamed, and go with the environment", async (t) => {
  for (const tier of tiers) {
    t.match(settingsOf(main, tier, "aws:elasticbeanstalk:cloudwatch:logs"), {
      StreamLogs: "true",
      DeleteOnTerminate: "true",
      RetentionInDays: "14",
    });
    t.match(settingsOf(main, tier, "aws:elasticbeanstalk:cloudwatch:logs:health"), {
      HealthStreamingEnabled: "true",
      DeleteOnTerminate: "true",
    });
  }
});

t.test(
  "the web environment shares the stack's load balancer, by its own name over HTTP, by the domain's over TLS",
  async (t) => {
    for (const template of [main, full]) {
      t.match(settingsOf(template, "Web", "aws:elasticbeanstalk:environment"), {
        LoadBalancerType: "application",
        LoadBalancerIsShared: "true",
      });
      t.match(settingsOf(template, "Web", "aws:elbv2:loadbalancer"), {
        SharedLoadBalancer: { Ref: /^PlatformLoadBalancer/ },
        SecurityGroups: { "Fn::GetAtt": [/^NetworkLoadBalancerGroup/, "GroupId"] },
      });
    }
    t.strictSame(settingsOf(main, "Web", "aws:elbv2:listener:80"), { Rules: "default" });
    // On another port than 80 Elastic Beanstalk doesn't add the default rule by itself.
    t.strictSame(settingsOf(full, "Web", "aws:elbv2:listener:443"), { Rules: "default,tls" });
    t.match(settingsOf(full, "Web", "aws:elbv2:listenerrule:tls"), { HostHeaders: "origin.summit.example.org" });
    t.notOk(
      givenOptions(main, "Worker").some((option) => option.Namespace.startsWith("aws:elbv2")),
      "the worker environment has no load balancer",
    );
  },
);

t.test("an instance type of another architecture brings its architecture along", async (t) => {
  const { main: intel } = await synthesized({ settings: { webInstanceType: "m7i.large" } });
  t.match(settingsOf(intel, "Web", "aws:ec2:instances"), {
    InstanceTypes: "m7i.large",
    SupportedArchitectures: "x86_64",
  });
  t.match(settingsOf(intel, "Worker", "aws:ec2:instances"), {
    InstanceTypes: "c7g.medium",
    SupportedArchitectures: "arm64",
  });
});
