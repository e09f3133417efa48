/**
 * Values known only during deployment: names and ids chosen by Elastic Beanstalk and AWS. Each is read by one API call
 * then, so that synthesis stays offline. All share one function, one role and one log group, which go with the stack.
 */
import { createHash } from "node:crypto";
import { ArnFormat, Duration, RemovalPolicy, Stack, Validations, type CfnResource } from "aws-cdk-lib";
import type { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import { ManagedPolicy, PolicyDocument, Role, ServicePrincipal, type CfnRole } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { AwsCustomResource, PhysicalResourceId, type AwsSdkCall } from "aws-cdk-lib/custom-resources";
import { Construct, type IConstruct } from "constructs";
import type { Grant } from "../shared/aws/tier-grants.ts";
import { acknowledgePatterns, toStatement } from "./grants.ts";

export interface LookupCall extends Omit<AwsSdkCall, "physicalResourceId" | "outputPaths"> {
  /** Path of the value in the answer, such as `PrefixLists.0.PrefixListId`. */
  readonly answer: string;
  /** When this changes, the call is repeated; hashed into the call's identity. */
  readonly changesWith: unknown;
}

export interface LookupsProps {
  /** Name of the parameter in us-east-1 with the firewall's ARN, where there is one. */
  readonly firewallParameter: string;
  /** All calls are repeated when it changes; 1 for the first. */
  readonly round: number;
}

const firewallRegion = "us-east-1";

export class Lookups extends Construct {
  readonly #logGroup: LogGroup;
  readonly #role: Role;
  readonly #calls: AwsCustomResource[] = [];
  readonly #firewallParameter: string;
  #slow: readonly CfnResource[] = [];

  readonly #round: number;

  constructor(scope: Construct, id: string, { firewallParameter, round }: LookupsProps) {
    super(scope, id);
    this.#firewallParameter = firewallParameter;
    this.#round = round;
    this.#logGroup = new LogGroup(this, "Log", {
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const grants = this.#grants();
    const readOnly = "AWSElasticBeanstalkReadOnly";
    this.#role = new Role(this, "Role", {
      description: "Turnout: asks AWS for names while the stack is deployed",
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      // All from the start: a policy that is attached right before a call does not always count yet.
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(readOnly)],
      inlinePolicies: { Calls: new PolicyDocument({ statements: grants.map(toStatement) }) },
    });
    acknowledgePatterns(this.#role, grants);
    Validations.of(this.#role).acknowledge({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${readOnly}]`,
      reason:
        "What Elastic Beanstalk reads of other services to describe an environment is its own; AWS keeps the list with the service.",
    });
  }

  /**
   * IAM needs a while until a new role's permissions count everywhere, and a function that starts before keeps what it
   * was given. So these resources, which take minutes, are made between the role and the first call.
   */
  waitFor(slow: readonly CfnResource[]): void {
    this.#slow = slow;
    for (const resource of slow) resource.addResourceDependency(this.#role.node.defaultChild as CfnRole);
    for (const call of this.#calls) call.node.addDependency(...slow);
  }

  /** @returns a token for the value, known after the call */
  ask(id: string, { answer, changesWith, ...call }: LookupCall): string {
    return this.#call(id, call, changesWith, answer).getResponseField(answer);
  }

  /** Makes a call for its effect, repeated when `changesWith` changes; not reverted when the stack is deleted. */
  do(id: string, { changesWith, ...call }: Omit<LookupCall, "answer">): AwsCustomResource {
    return this.#call(id, call, changesWith);
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
    });
  }

  /** The environment's Auto Scaling group: read again after every setting change, since some replace it. */
  environmentGroup(id: string, environment: CfnEnvironment): string {
    return this.ask(id, {
      service: "ElasticBeanstalk",
      action: "describeEnvironmentResources",
      parameters: { EnvironmentName: environment.ref },
      answer: "EnvironmentResources.AutoScalingGroups.0.Name",
      changesWith: [environment.ref, environment.optionSettings, environment.platformArn],
    });
  }

  /** The ARN that the firewall's stack stored. */
  firewallArn(): string {
    return this.ask("Firewall", {
      service: "SSM",
      action: "getParameter",
      region: firewallRegion,
      parameters: { Name: this.#firewallParameter },
      answer: "Parameter.Value",
      changesWith: "never",
    });
  }

  /** Of every call: none may depend on what is made later, such as an environment, or the role would come after it. */
  #grants(): readonly Grant[] {
    const stack = Stack.of(this);
    return [
      { sid: "Log", actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [this.#logGroup.logGroupArn] },
      {
        sid: "Addresses",
        actions: ["ec2:DescribeManagedPrefixLists"],
        resources: ["*"],
        why: "This call describes and changes nothing, and AWS lets no resource be named for it.",
      },
      {
        sid: "Metrics",
        actions: ["autoscaling:EnableMetricsCollection"],
        resources: [
          stack.formatArn({
            service: "autoscaling",
            resource: "autoScalingGroup",
            resourceName: "*:autoScalingGroupName/awseb-e-*",
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
        why: "Elastic Beanstalk names its groups awseb-e-, with an id that is not known when the role is made; a metric of one is all this enables.",
      },
      {
        // Without a firewall as well: one that is added later would be asked for right after this permission.
        sid: "Firewall",
        actions: ["ssm:GetParameter"],
        resources: [
          stack.formatArn({
            service: "ssm",
            region: firewallRegion,
            resource: "parameter",
            resourceName: this.#firewallParameter.slice(1),
          }),
        ],
      },
    ];
  }

  #call(
    id: string,
    call: Omit<AwsSdkCall, "physicalResourceId" | "outputPaths">,
    changesWith: unknown,
    answer?: string,
  ): AwsCustomResource {
    const physicalResourceId = PhysicalResourceId.of(identity(this, [id, call, changesWith, this.#round]));
    const sdkCall = { ...call, physicalResourceId, ...(answer === undefined ? {} : { outputPaths: [answer] }) };
    const resource = new AwsCustomResource(this, id, {
      onUpdate: sdkCall,
      role: this.#role,
      installLatestAwsSdk: false,
      logGroup: this.#logGroup,
      timeout: Duration.minutes(2),
    });
    resource.node.addDependency(...this.#slow);
    this.#calls.push(resource);
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
