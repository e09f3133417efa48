/**
 * Dashboard, alarms, and an email per alarm. See `figures.ts` for the metrics, `alarms.ts` for the thresholds,
 * `dashboard.ts` for the layout.
 */
import { Stack } from "aws-cdk-lib";
import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { addAlarms } from "./alarms.ts";
import type { StackConfig } from "./config.ts";
import { addDashboard } from "./dashboard.ts";
import type { Data } from "./data.ts";
import type { Edge } from "./edge.ts";
import { createFigures } from "./figures.ts";
import type { Mail } from "./mail.ts";
import type { Platform } from "./platform.ts";
import type { Scaling } from "./scaling.ts";

export interface ObservabilityProps {
  readonly config: StackConfig;
  readonly data: Data;
  /** Undefined where there is no mail. */
  readonly mail: Mail | undefined;
  readonly platform: Platform;
  readonly scaling: Scaling;
  readonly edge: Edge;
}

export class Observability extends Construct {
  readonly topic: Topic;
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { config, data, mail, platform, scaling, edge }: ObservabilityProps) {
    super(scope, id);
    this.topic = new Topic(this, "Topic", {
      displayName: `Turnout ${config.stackName} ${config.stage}`,
      enforceSSL: true,
    });
    // With its own policy, a topic no longer admits the account's services by default.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "Alarms",
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    if (config.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(config.alarmEmail));

    const { stackName } = Stack.of(this);
    const figures = createFigures({ data, mail, platform, groups: scaling.groups, stackName, config });
    const alarms = addAlarms(this, figures, config, new SnsAction(this.topic));
    // An alarm that goes off before the topic admits it would tell nobody.
    for (const alarm of alarms) alarm.node.addDependency(this.topic);
    this.dashboard = addDashboard(this, "Dashboard", figures, alarms, edge.url, config);
  }
}
