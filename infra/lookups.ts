/**
 * Values known only during deployment: names and ids chosen by Elastic Beanstalk and AWS. Each is read by one API call
 * then, so that synthesis stays offline. All share one function and one log group, which go with the stack.
 */
import { createHash } from "node:crypto";
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  PhysicalResourceId,
  type AwsSdkCall,
} from "aws-cdk-lib/custom-resources";
import { Construct, type IConstruct } from "constructs";
import type { Grant } from "../shared/aws/tier-grants.ts";
import { acknowledgePatterns, toStatement } from "./grants.ts";

const describesOnly = "These calls describe and change nothing, and AWS lets no resource be named for them.";

/** What Elastic Beanstalk reads, with the caller's permissions, to find an environment's group. */
const environmentReads = [
  "autoscaling:DescribeAutoScalingGroups",
  "autoscaling:DescribeLaunchConfigurations",
  "ec2:DescribeLaunchTemplates",
  "elasticloadbalancing:DescribeLoadBalancers",
];

export interface LookupCall extends Omit<AwsSdkCall, "physicalResourceId" | "outputPaths"> {
  /** Path of the value in the answer, such as `PrefixLists.0.PrefixListId`. */
  readonly answer: string;
  /** When this changes, the call is repeated; hashed into the call's identity. */
  readonly changesWith: unknown;
  readonly grants: readonly Grant[];
}

export class Lookups extends Construct {
  readonly #logGroup: LogGroup;
  readonly #role: Role;

  readonly #round: number;

  /** @param round all calls are repeated when it changes; 1 for the first */
  constructor(scope: Construct, id: string, round: number) {
    super(scope, id);
    this.#round = round;
    this.#logGroup = new LogGroup(this, "Log", {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#role = new Role(this, "Role", {
      description: "Turnout: asks AWS for names while the stack is deployed",
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    this.#logGroup.grantWrite(this.#role);
  }

  /** @returns a token for the value, known after the call */
  ask(id: string, { answer, changesWith, grants, ...call }: LookupCall): string {
    return this.#call(id, call, grants, changesWith, answer).getResponseField(answer);
  }

  /** Makes a call for its effect, repeated when `changesWith` changes; not reverted when the stack is deleted. */
  do(id: string, { changesWith, grants, ...call }: Omit<LookupCall, "answer">): AwsCustomResource {
    return this.#call(id, call, grants, changesWith);
  }

  /** Id of CloudFront's prefix list for origins. */
  originFacingPrefixList(): string {
    return this.ask("OriginFacingAddresses", {
      service: "EC2",
      action: "describeManagedPrefixLists",
      parameters: {
        Filters: [{ Name: "prefix-list-name", Values: ["com.amazonaws.global.cloudfront.origin-facing"] }],
      },
      answer: "PrefixLists.0.PrefixListId",
      changesWith: "never",
      grants: [{ sid: "Addresses", actions: ["ec2:DescribeManagedPrefixLists"], resources: ["*"], why: describesOnly }],
    });
  }

  /** The environment's host name, which the load balancer routes by. */
  environmentHostName(id: string, environment: CfnEnvironment): string {
    return this.ask(id, {
      service: "ElasticBeanstalk",
      action: "describeEnvironments",
      parameters: { EnvironmentNames: [environment.ref] },
      answer: "Environments.0.CNAME",
      changesWith: [environment.ref, environment.optionSettings],
      grants: [this.#environmentGrant("elasticbeanstalk:DescribeEnvironments", environment)],
    });
  }

  /** The environment's Auto Scaling group: read again after every setting change, since some replace it. */
  environmentGroup(id: string, environment: CfnEnvironment): string {
    const stacks = Stack.of(this).formatArn({ service: "cloudformation", resource: "stack", resourceName: "awseb-*" });
    return this.ask(id, {
      service: "ElasticBeanstalk",
      action: "describeEnvironmentResources",
      parameters: { EnvironmentName: environment.ref },
      answer: "EnvironmentResources.AutoScalingGroups.0.Name",
      changesWith: [environment.ref, environment.optionSettings, environment.platformArn],
      grants: [
        this.#environmentGrant("elasticbeanstalk:DescribeEnvironmentResources", environment),
        {
          sid: "EnvironmentStack",
          actions: [
            "cloudformation:DescribeStackResource",
            "cloudformation:DescribeStackResources",
            "cloudformation:ListStackResources",
          ],
          resources: [stacks],
          why: "Elastic Beanstalk names its own stacks awseb-, with an id that is not known before; they are only read.",
        },
        { sid: "EnvironmentParts", actions: environmentReads, resources: ["*"], why: describesOnly },
      ],
    });
  }

  #environmentGrant(action: string, { applicationName, ref }: CfnEnvironment): Grant {
    const resourceName = `${applicationName}/${ref}`;
    return {
      sid: "Environment",
      actions: [action],
      resources: [Stack.of(this).formatArn({ service: "elasticbeanstalk", resource: "environment", resourceName })],
    };
  }

  #call(
    id: string,
    call: Omit<AwsSdkCall, "physicalResourceId" | "outputPaths">,
    grants: readonly Grant[],
    changesWith: unknown,
    answer?: string,
  ): AwsCustomResource {
    const physicalResourceId = PhysicalResourceId.of(identity(this, [id, call, changesWith, this.#round]));
    const sdkCall = { ...call, physicalResourceId, ...(answer === undefined ? {} : { outputPaths: [answer] }) };
    const resource = new AwsCustomResource(this, id, {
      onUpdate: sdkCall,
      policy: AwsCustomResourcePolicy.fromStatements(grants.map(toStatement)),
      role: this.#role,
      installLatestAwsSdk: false,
      logGroup: this.#logGroup,
      timeout: Duration.minutes(2),
    });
    acknowledgePatterns(resource, grants);
    return resource;
  }
}

/**
 * A new identity makes CloudFormation repeat the call. Tokens are hashed by what they refer to, so they stay stable.
 */
function identity(scope: IConstruct, parts: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(Stack.of(scope).resolve(parts)))
    .digest("hex")
    .slice(0, 32);
}
