/**
 * Both tiers on Elastic Beanstalk: two environments, and the web tier's load balancer. Bundle: `application.ts`;
 * permissions: `roles.ts`; settings: `option-settings.ts`; variables: `tier-variables.ts`. Elastic Beanstalk has only
 * low-level CDK constructs.
 */
import { Duration, Stack, Validations } from "aws-cdk-lib";
import { InstanceArchitecture, InstanceType, SubnetType } from "aws-cdk-lib/aws-ec2";
import { CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  DesyncMitigationMode,
  ListenerAction,
  ListenerCertificate,
  SslPolicy,
  XffHeaderProcessingMode,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Construct } from "constructs";
import type { Application } from "./application.ts";
import { fallbackPlatformVersion, type StackConfig } from "./config.ts";
import type { Data } from "./data.ts";
import type { Mail } from "./mail.ts";
import type { Network } from "./network.ts";
import {
  toProperties,
  webSettings,
  workerSettings,
  type InstanceSettings,
  type OptionSettings,
  type SharedLoadBalancer,
} from "./option-settings.ts";
import type { Roles } from "./roles.ts";
import { webVariables, workerVariables, type Variables } from "./tier-variables.ts";

/** Host name below the custom domain, for CloudFront's TLS connection to the load balancer. */
export function tlsHostName(domainName: string): string {
  return `origin.${domainName}`;
}

export interface PlatformProps {
  readonly config: StackConfig;
  readonly network: Network;
  readonly data: Data;
  /** Undefined where there is no mail. */
  readonly mail: Mail | undefined;
  readonly application: Application;
  readonly roles: Roles;
}

export class Platform extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly web: CfnEnvironment;
  readonly worker: CfnEnvironment;

  constructor(scope: Construct, id: string, props: PlatformProps) {
    super(scope, id);
    const { config, network, data, mail, application } = props;
    const place = Stack.of(this);
    const balancerSubnets = { subnetType: SubnetType.PRIVATE_WITH_EGRESS };

    this.loadBalancer = new ApplicationLoadBalancer(this, "LoadBalancer", {
      vpc: network.vpc,
      vpcSubnets: balancerSubnets,
      internetFacing: false,
      securityGroup: network.loadBalancerGroup,
      // Between CloudFront's 45 seconds and the tier's 75: the side that opens a connection closes it first.
      idleTimeout: Duration.seconds(60),
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      dropInvalidHeaderFields: true,
      // CloudFront appends the attendee's address as the last one, where the tier takes it.
      xffHeaderProcessingMode: XffHeaderProcessingMode.PRESERVE,
      deletionProtection: false,
    });
    Validations.of(this.loadBalancer).acknowledge({
      id: "AwsSolutions-ELB2",
      reason: "An access log would hold people's addresses, and receipts, which are the keys to their status.",
    });
    const listener = this.#addListener(config);
    const shared: SharedLoadBalancer = {
      arn: this.loadBalancer.loadBalancerArn,
      securityGroupId: network.loadBalancerGroup.securityGroupId,
      ...(config.domainName === undefined ? {} : { tlsHostName: tlsHostName(config.domainName) }),
    };

    const balancerRanges = network.vpc.selectSubnets(balancerSubnets).subnets.map((subnet) => subnet.ipv4CidrBlock);
    const webInstances = instanceSettings("web", props, webVariables(data, mail, place, config, balancerRanges));
    const secrets = { RECEIPT_KEYS: application.receiptKeys.secretArn };
    this.web = this.#environment("Web", "WebServer", "Standard", webSettings(webInstances, shared, secrets), props);
    const workerInstances = instanceSettings("worker", props, workerVariables(data, mail, place, config));
    this.worker = this.#environment(
      "Worker",
      "Worker",
      "SQS/HTTP",
      workerSettings(workerInstances, mail && secrets),
      props,
    );
    // Instances need network, permissions and listener before their start and until after their end.
    for (const environment of [this.web, this.worker]) {
      environment.node.addDependency(network, listener, props.roles);
    }
    // Workers first: they must know what the web tier sends. Deleted in reverse.
    this.web.node.addDependency(this.worker);
  }

  /** Requests for other host names get 404; Elastic Beanstalk adds the rule for the web tier's. */
  #addListener(config: StackConfig): ApplicationListener {
    const certificate = config.originCertificateArn;
    return this.loadBalancer.addListener("Listener", {
      ...(certificate === undefined
        ? { port: 80, protocol: ApplicationProtocol.HTTP }
        : {
            port: 443,
            protocol: ApplicationProtocol.HTTPS,
            certificates: [ListenerCertificate.fromArn(certificate)],
            sslPolicy: SslPolicy.RECOMMENDED_TLS,
          }),
      // The security group admits only CloudFront; the listener must not open it again.
      open: false,
      defaultAction: ListenerAction.fixedResponse(404),
    });
  }

  #environment(
    id: "Web" | "Worker",
    tier: "WebServer" | "Worker",
    type: "Standard" | "SQS/HTTP",
    settings: OptionSettings,
    { config, application }: PlatformProps,
  ): CfnEnvironment {
    // No `environmentName`: a fixed one could not be replaced. `platformArn`, since a solution stack's name would
    // replace the environment with each version.
    const environment = new CfnEnvironment(this, id, {
      applicationName: application.applicationName,
      description: `Turnout: ${id.toLowerCase()} tier`,
      tier: { name: tier, type },
      platformArn: Stack.of(this).formatArn({
        service: "elasticbeanstalk",
        account: "",
        resource: "platform",
        resourceName: `Node.js 24 running on 64bit Amazon Linux 2023/${config.platformVersion ?? fallbackPlatformVersion}`,
      }),
      versionLabel: application.versionLabel,
      optionSettings: toProperties(settings),
    });
    Validations.of(environment).acknowledge(
      {
        id: "AwsSolutions-EB3",
        reason: "A new platform version is a change of configuration, tried on the test stage first, never in a rush.",
      },
      {
        id: "AwsSolutions-EB4",
        reason:
          "Logs are streamed to CloudWatch and removed with the environment; a second copy in S3 would stay behind.",
      },
    );
    return environment;
  }
}

function instanceSettings(
  tier: "web" | "worker",
  { config, network, roles }: PlatformProps,
  variables: Variables,
): InstanceSettings {
  const instanceType = config[`${tier}InstanceType`];
  const arm = new InstanceType(instanceType).architecture === InstanceArchitecture.ARM_64;
  return {
    instanceType,
    architecture: arm ? "arm64" : "x86_64",
    instanceProfileArn: roles[tier].profile.instanceProfileArn,
    serviceRoleArn: roles.service.roleArn,
    securityGroupId: network[`${tier}Group`].securityGroupId,
    vpcId: network.vpc.vpcId,
    subnetIds: network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS }).subnetIds,
    minInstances: config[`${tier}MinInstances`],
    maxInstances: config[`${tier}MaxInstances`],
    logRetentionDays: config.logRetentionDays,
    variables,
  };
}
