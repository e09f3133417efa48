/**
 * One event's cell in one regional stack, created and deleted as a whole. The parts are explained in their own files.
 */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { Application } from "./application.ts";
import { hasInstanceAccess, openSettings, zonesOf, type StackConfig } from "./config.ts";
import { Data } from "./data.ts";
import { Edge } from "./edge.ts";
import { eventRecord } from "./event-record.ts";
import { firewallParameterName } from "./firewall.ts";
import { Lookups } from "./lookups.ts";
import { addMail } from "./mail.ts";
import { Network } from "./network.ts";
import { Observability } from "./observability.ts";
import { tagStack } from "./stack-tags.ts";
import { People } from "./people.ts";
import { Platform } from "./platform.ts";
import { Roles } from "./roles.ts";
import { Scaling } from "./scaling.ts";

export interface TurnoutStackProps extends StackProps {
  readonly config: StackConfig;
  readonly event: EventDefinition;
  /** The zip made by `npm run bundle`. */
  readonly bundlePath: string;
  /** Time of this synthesis, milliseconds since the epoch. */
  readonly now: number;
}

export class TurnoutStack extends Stack {
  constructor(scope: Construct, id: string, { config, event, bundlePath, now, ...props }: TurnoutStackProps) {
    super(scope, id, { ...props, terminationProtection: config.stage === "production" });
    tagStack(this, this.stackName, config);

    const lookups = new Lookups(this, "Lookups", {
      firewallParameter: firewallParameterName(this.stackName),
      round: config.lookupRound,
    });
    const network = new Network(this, "Network", {
      natGateways: config.natGateways,
      zones: zonesOf(config),
      logRetentionDays: config.logRetentionDays,
      listenerPort: config.domainName === undefined ? 80 : 443,
      originFacingPrefixList: lookups.originFacingPrefixList(),
    });
    lookups.waitFor(network.natGateways);
    const data = new Data(this, "Data", config);
    const mail = addMail(this, config);
    const application = new Application(this, "Application", { bundlePath });
    const roles = new Roles(this, "Roles", {
      data,
      mail,
      applicationName: application.applicationName,
      receiptKeysArn: application.receiptKeys.secretArn,
      instanceAccess: hasInstanceAccess(config),
    });
    const platform = new Platform(this, "Platform", { config, network, data, mail, application, roles });
    const scaling = new Scaling(this, "Scaling", {
      config,
      data,
      platform,
      lookups,
      opensAt: Date.parse(event.opensAt),
      closesAt: Date.parse(event.closesAt),
      now,
    });
    const edge = new Edge(this, "Edge", {
      config,
      network,
      platform,
      event,
      environmentHostName: lookups.environmentHostName("WebHostName", platform.web),
      firewallArn: config.waf ? lookups.firewallArn() : undefined,
    });
    const observability = new Observability(this, "Observability", { config, data, mail, platform, scaling, edge });

    const people = new People(this, "People", { config, roles, platform, edge, mail });

    const outputs: Record<string, [value: string, description: string]> = {
      Url: [edge.url, "Where the event page is"],
      DistributionDomainName: [edge.distribution.distributionDomainName, "What an own domain's CNAME points to"],
      DistributionId: [edge.distribution.distributionId, "CloudFront distribution"],
      QueueUrl: [data.queue.queueUrl, "Registrations queue"],
      DeadLetterQueueUrl: [data.deadLetterQueue.queueUrl, "Its dead-letter queue"],
      RegistrationsTable: [data.registrations.tableName, "Registrations table"],
      DeadLettersTable: [data.deadLetters.tableName, "Dead-letters table"],
      OutcomesTable: [data.outcomes.tableName, "Outcomes table"],
      ActivityTable: [data.activity.tableName, "Activity table"],
      ControlsTable: [data.controls.tableName, "Controls table"],
      ApplicationName: [application.applicationName, "Elastic Beanstalk application"],
      WebEnvironment: [platform.web.ref, "Elastic Beanstalk environment of the web tier"],
      WorkerEnvironment: [platform.worker.ref, "Elastic Beanstalk environment of the worker tier"],
      WebGroup: [scaling.groups.web, "Auto Scaling group of the web tier"],
      WorkerGroup: [scaling.groups.worker, "Auto Scaling group of the worker tier"],
      WebRoleArn: [roles.web.role.roleArn, "What the web tier may do"],
      WorkerRoleArn: [roles.worker.role.roleArn, "What the worker tier may do"],
      AuditLogGroup: [people.auditLog.logGroupName, "What admins did"],
      ReadOnlyPolicyArn: [people.readOnly.managedPolicyArn, "For people who only look"],
      AdminPolicyArn: [people.admin.managedPolicyArn, "For people who mend and replay"],
      OperatorPolicyArn: [people.operator.managedPolicyArn, "For people who verify and load"],
      LoadBalancerDnsName: [platform.loadBalancer.loadBalancerDnsName, "Must not answer from outside"],
      ReceiptKeysSecret: [application.receiptKeys.secretArn, "Keys that seal receipts"],
      AlarmTopic: [observability.topic.topicArn, "Where alarms go"],
      InstanceAccess: [hasInstanceAccess(config) ? "on" : "off", "Whether Session Manager reaches the instances"],
      LookupRound: [String(config.lookupRound), "How often the stack asked for names that AWS chose"],
      ...(mail &&
        ({
          MailQueueUrl: [mail.queue.queueUrl, "Mail queue"],
          MailDeadLetterQueueUrl: [mail.deadLetterQueue.queueUrl, "Its dead-letter queue"],
          MailsTable: [mail.mails.tableName, "Mails table"],
          MailConfigurationSet: [mail.configurationSet.configurationSetName, "SES configuration set of all mail"],
          MailSender: [mail.sender.address, "Who sends the mails"],
          MailIdentity: [mail.sender.identity, "The sender's identity in SES"],
        } satisfies Record<string, [string, string]>)),
      Dashboard: [observability.dashboard.dashboardName, "CloudWatch dashboard"],
    };
    for (const [name, [value, description]] of Object.entries(outputs))
      new CfnOutput(this, name, { value, description });

    // For `npm run deploy`: what it still has to choose, which rush comes too soon for the clock, and what the event asks.
    this.templateOptions.metadata = {
      "turnout:open-settings": openSettings(config),
      "turnout:rushes-not-raised": scaling.rushesNotRaised,
      ...eventRecord(event),
      ...(mail && { "turnout:mail": { ...mail.sender, stage: config.stage, perSecond: config.mailsPerSecond ?? 1 } }),
    };
  }
}
