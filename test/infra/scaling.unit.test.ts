import { t } from "../equipment/file-test.ts";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { event } from "./synthesis.ts";
import { only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();

const group = (tier: "Web" | "Worker") => ({
  "Fn::GetAtt": [new RegExp(`^Lookups${tier}Group`), "EnvironmentResources.AutoScalingGroups.0.Name"],
});

interface Action {
  readonly StartTime: string;
  readonly MinSize: number;
  readonly AutoScalingGroupName: unknown;
}

function actions(template: typeof main): Record<string, Action> {
  return Object.fromEntries(
    resources(template, "AWS::AutoScaling::ScheduledAction").map(([id, action]) => [
      id.replace(/^Scaling|[0-9A-F]{8}$/g, ""),
      action.Properties as unknown as Action,
    ]),
  );
}

t.test("the worker tier tracks its CPU", async (t) => {
  t.match(only(main, "AWS::AutoScaling::ScalingPolicy", "ScalingWorkerCpu").Properties, {
    PolicyType: "TargetTrackingScaling",
    AutoScalingGroupName: group("Worker"),
    TargetTrackingConfiguration: {
      TargetValue: 75,
      PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
    },
  });
});

t.test("the worker tier tracks the messages that wait for each instance in service", async (t) => {
  const { TargetTrackingConfiguration: tracking } = only(
    main,
    "AWS::AutoScaling::ScalingPolicy",
    "ScalingWorkerBacklog",
  ).Properties as { TargetTrackingConfiguration: Record<string, unknown> };
  t.equal(tracking["TargetValue"], scalingPolicy.worker.backlog.messagesPerInstance);
  t.match(tracking["CustomizedMetricSpecification"], {
    Metrics: [
      {
        Id: "visible",
        ReturnData: false,
        MetricStat: {
          Stat: "Sum",
          Metric: {
            Namespace: "AWS/SQS",
            MetricName: "ApproximateNumberOfMessagesVisible",
            Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [/^DataQueue/, "QueueName"] } }],
          },
        },
      },
      {
        Id: "instances",
        ReturnData: false,
        MetricStat: { Metric: { Namespace: "AWS/AutoScaling", MetricName: "GroupInServiceInstances" } },
      },
      { Expression: "visible / instances", ReturnData: true },
    ],
  });
});

t.test("both groups publish the number of instances in service, by which the backlog is divided", async (t) => {
  for (const tier of ["Web", "Worker"] as const) {
    const call = JSON.stringify(only(main, "Custom::AWS", `LookupsCount${tier}Instances`).Properties["Create"]);
    t.match(call, /enableMetricsCollection/);
    t.match(call, new RegExp(`Lookups${tier}Group`));
    t.match(call, /GroupInServiceInstances/);
  }
});

t.test("the age of the oldest message adds instances in steps, by an alarm that nobody is woken for", async (t) => {
  const policy = only(main, "AWS::AutoScaling::ScalingPolicy", "ScalingWorkerAge").Properties;
  const alarm = only(main, "AWS::CloudWatch::Alarm", "ScalingOldestMessageIsOld").Properties;
  t.match(policy, {
    PolicyType: "StepScaling",
    AdjustmentType: "ChangeInCapacity",
    AutoScalingGroupName: group("Worker"),
  });
  // The steps count from the alarm's threshold; put back on the clock, they are the policy's.
  const threshold = alarm["Threshold"] as number;
  const steps = policy["StepAdjustments"] as { MetricIntervalLowerBound: number; ScalingAdjustment: number }[];
  t.strictSame(
    steps.map((step) => ({
      fromSeconds: threshold + step.MetricIntervalLowerBound,
      addInstances: step.ScalingAdjustment,
    })),
    scalingPolicy.worker.age.steps,
  );
  t.match(alarm, {
    MetricName: "ApproximateAgeOfOldestMessage",
    Statistic: "Maximum",
    Period: 60,
    AlarmActions: [{ Ref: /^ScalingWorkerAge/ }],
  });
  t.equal((alarm["AlarmActions"] as unknown[]).length, 1);
});

t.test("every policy is about the worker's group: the web tier has Elastic Beanstalk's own trigger", async (t) => {
  for (const [, policy] of resources(main, "AWS::AutoScaling::ScalingPolicy")) {
    t.match(policy.Properties["AutoScalingGroupName"], group("Worker"));
  }
});

t.test("both tiers are raised before the opening and the closing, and given back their minimum after", async (t) => {
  const all = actions(main);
  t.strictSame(
    Object.keys(all).toSorted(),
    ["Opening", "Closing"]
      .flatMap((rush) => ["Raise", "Release"].flatMap((what) => ["Web", "Worker"].map((tier) => rush + what + tier)))
      .toSorted(),
  );
  t.match(all["OpeningRaiseWeb"], {
    StartTime: "2027-03-01T08:45:00Z",
    MinSize: 6,
    AutoScalingGroupName: group("Web"),
  });
  t.match(all["OpeningReleaseWeb"], { StartTime: "2027-03-01T09:30:00Z", MinSize: 2 });
  t.match(all["ClosingRaiseWorker"], {
    StartTime: "2027-03-20T17:45:00Z",
    MinSize: 3,
    AutoScalingGroupName: group("Worker"),
  });
  t.match(all["ClosingReleaseWorker"], { StartTime: "2027-03-20T18:10:00Z", MinSize: 1 });
});

t.test("in a rush the raise is left out, told to the deployment, and the release still made", async (t) => {
  const { main: inTheRush } = await synthesized({ now: Date.parse(event.opensAt) });
  t.notOk("OpeningRaiseWeb" in actions(inTheRush));
  t.match(actions(inTheRush)["OpeningReleaseWeb"], { StartTime: "2027-03-01T10:00:00Z", MinSize: 2 });
  t.ok("ClosingRaiseWeb" in actions(inTheRush));
  t.match(inTheRush.Metadata["turnout:rushes-not-raised"], [{ name: "Opening" }]);
  t.strictSame(main.Metadata["turnout:rushes-not-raised"], []);
});
