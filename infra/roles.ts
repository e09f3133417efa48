/**
 * Who acts: a role for the instances of each tier, and one for Elastic Beanstalk itself. What the tiers' roles allow stands
 * in `tier-grants.ts`.
 */
import { Stack, Validations } from "aws-cdk-lib";
import { InstanceProfile, ManagedPolicy, PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Data } from "./data.ts";
import { acknowledgePatterns, toStatement, type Grant } from "./grants.ts";
import { webCode, webPlatform, workerCode, workerPlatform, type PlatformNames } from "./tier-grants.ts";

export interface RolesProps extends PlatformNames {
  readonly data: Data;
}

export interface TierRole {
  readonly role: Role;
  readonly profile: InstanceProfile;
}

export class Roles extends Construct {
  readonly web: TierRole;
  readonly worker: TierRole;
  /** What Elastic Beanstalk itself uses to watch over the environments. */
  readonly service: Role;

  constructor(scope: Construct, id: string, { data, ...names }: RolesProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.web = this.#tier("Web", webCode(data), webPlatform(stack, names));
    this.worker = this.#tier("Worker", workerCode(data), workerPlatform(stack, names));
    this.service = new Role(this, "ServiceRole", {
      description: "Turnout: Elastic Beanstalk watches the environments",
      assumedBy: new ServicePrincipal("elasticbeanstalk.amazonaws.com"),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSElasticBeanstalkEnhancedHealth")],
    });
    Validations.of(this.service).acknowledge({
      id: "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSElasticBeanstalkEnhancedHealth]",
      reason:
        "What Elastic Beanstalk reads to judge an environment's health is its own; AWS keeps the list with the service.",
    });
  }

  #tier(name: "Web" | "Worker", code: readonly Grant[], platform: readonly Grant[]): TierRole {
    const role = new Role(this, `${name}Role`, {
      description: `Turnout: instances of the ${name.toLowerCase()} tier`,
      assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
      // Inline, so that the rights come and go with the role, and an environment that is being removed keeps them.
      inlinePolicies: {
        Code: new PolicyDocument({ statements: code.map(toStatement) }),
        Platform: new PolicyDocument({ statements: platform.map(toStatement) }),
      },
    });
    acknowledgePatterns(role, [...code, ...platform]);
    return { role, profile: new InstanceProfile(this, `${name}Profile`, { role }) };
  }
}
