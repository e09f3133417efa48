/**
 * IAM roles: one for each tier's instances, one for Elastic Beanstalk. The tiers' permissions are in
 * `shared/aws/tier-grants.ts`.
 */
import { Stack, Validations } from "aws-cdk-lib";
import { InstanceProfile, ManagedPolicy, PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import {
  accessGrants,
  grantsOf,
  type DeploymentNames,
  type Grant,
  type TierGrants,
} from "../shared/aws/tier-grants.ts";
import type { Data } from "./data.ts";
import { acknowledgePatterns, toStatement } from "./grants.ts";
import type { Mail } from "./mail.ts";

export interface RolesProps extends Pick<DeploymentNames, "applicationName" | "receiptKeysArn"> {
  readonly data: Data;
  /** Undefined where there is no mail. */
  readonly mail: Mail | undefined;
  /** Whether Session Manager may reach the instances. */
  readonly instanceAccess: boolean;
}

export interface TierRole {
  readonly role: Role;
  readonly profile: InstanceProfile;
}

export class Roles extends Construct {
  readonly web: TierRole;
  readonly worker: TierRole;
  /** What Elastic Beanstalk needs to monitor the environments. */
  readonly service: Role;
  /** What the tiers' permissions are about. */
  readonly names: DeploymentNames;

  constructor(scope: Construct, id: string, { data, mail, instanceAccess, ...props }: RolesProps) {
    super(scope, id);
    const { partition, region, account } = Stack.of(this);
    this.names = {
      ...props,
      partition,
      region,
      account,
      queueArn: data.queue.queueArn,
      deadLetterQueueArn: data.deadLetterQueue.queueArn,
      registrationsTableArn: data.registrations.tableArn,
      deadLettersTableArn: data.deadLetters.tableArn,
      outcomesTableArn: data.outcomes.tableArn,
      activityTableArn: data.activity.tableArn,
      controlsTableArn: data.controls.tableArn,
      mail: mail?.names,
    };
    const access = instanceAccess ? accessGrants : [];
    this.web = this.#tier("Web", grantsOf("web", this.names), access);
    this.worker = this.#tier("Worker", grantsOf("worker", this.names), access);
    this.service = new Role(this, "ServiceRole", {
      description: "Turnout: Elastic Beanstalk watches the environments",
      assumedBy: new ServicePrincipal("elasticbeanstalk.amazonaws.com"),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSElasticBeanstalkEnhancedHealth")],
    });
    Validations.of(this.service).acknowledge({
      id: "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSElasticBeanstalkEnhancedHealth]",
      reason:
        "What Elastic Beanstalk reads to determine an environment's health is its own; AWS keeps the list with the service.",
    });
  }

  #tier(name: "Web" | "Worker", { code, platform }: TierGrants, access: readonly Grant[]): TierRole {
    const role = new Role(this, `${name}Role`, {
      description: `Turnout: instances of the ${name.toLowerCase()} tier`,
      assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
      // Inline, so that permissions live as long as the role, even while an environment is being deleted.
      inlinePolicies: {
        Code: new PolicyDocument({ statements: code.map(toStatement) }),
        Platform: new PolicyDocument({ statements: platform.map(toStatement) }),
        ...(access.length > 0 && { Access: new PolicyDocument({ statements: access.map(toStatement) }) }),
      },
    });
    acknowledgePatterns(role, [...code, ...platform, ...access]);
    return { role, profile: new InstanceProfile(this, `${name}Profile`, { role }) };
  }
}
