/**
 * Both tiers on Elastic Beanstalk: one application, one version of one bundle, two environments, and the load balancer in
 * front of the web tier. Only the plain CloudFormation resources exist for Elastic Beanstalk.
 */
import { Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { InstanceArchitecture, InstanceType, SubnetType } from "aws-cdk-lib/aws-ec2";
import { CfnApplication, CfnApplicationVersion, CfnEnvironment } from "aws-cdk-lib/aws-elasticbeanstalk";
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  DesyncMitigationMode,
  ListenerAction,
  ListenerCertificate,
  SslPolicy,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct, type IDependable } from "constructs";
import type { StackConfig } from "./config.ts";
import { queueTimes, type Data } from "./data.ts";
import type { Network } from "./network.ts";
import { tierPort, toProperties, webSettings, workerSettings, type InstanceSettings } from "./option-settings.ts";
import { Roles, type TierRole } from "./roles.ts";

/** Seconds that each tier may take to stop; systemd waits ten more. */
export const stopDeadlineSeconds = { web: 20, worker: 30 } as const;

/** Host name, below the own domain, by which CloudFront asks the load balancer over TLS. */
export function tlsHostName(domainName: string): string {
  return `origin.${domainName}`;
}

export interface PlatformProps {
  readonly config: StackConfig;
  readonly network: Network;
  readonly data: Data;
  /** The zip that `npm run bundle` makes. */
  readonly bundlePath: string;
}

export class Platform extends Construct {
  readonly roles: Roles;
  readonly application: CfnApplication;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly web: CfnEnvironment;
  readonly worker: CfnEnvironment;
  readonly receiptKeys: Secret;

  constructor(scope: Construct, id: string, props: PlatformProps) {
    super(scope, id);
    const { config, network, data } = props;

    this.application = new CfnApplication(this, "Application", { description: "Turnout: registrations for one event" });
    const bundle = new Asset(this, "Bundle", { path: props.bundlePath });
    const version = new CfnApplicationVersion(this, "Version", {
      applicationName: this.application.ref,
      description: bundle.assetHash,
      sourceBundle: { s3Bucket: bundle.s3BucketName, s3Key: bundle.s3ObjectKey },
    });

    this.receiptKeys = new Secret(this, "ReceiptKeys", {
      description: "Turnout: keys that seal receipts, the first one seals and all open",
      // 43 letters and digits are 32 bytes in base64; the bundle's start gives them a key id.
      generateSecretString: { passwordLength: 43, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.receiptKeys).acknowledge({
      id: "AwsSolutions-SMG4",
      reason:
        "A receipt must open for as long as its event matters; keys are rotated by hand, the old one kept behind the new.",
    });
    this.roles = new Roles(this, "Roles", {
      data,
      applicationName: this.application.ref,
      receiptKeysArn: this.receiptKeys.secretArn,
    });

    this.loadBalancer = new ApplicationLoadBalancer(this, "LoadBalancer", {
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      internetFacing: false,
      securityGroup: network.loadBalancerGroup,
      // Between CloudFront's 45 seconds and nginx's 65: whoever opens a connection closes it first.
      idleTimeout: Duration.seconds(60),
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      dropInvalidHeaderFields: true,
      deletionProtection: false,
    });
    Validations.of(this.loadBalancer).acknowledge({
      id: "AwsSolutions-ELB2",
      reason: "An access log would hold people's addresses, and receipts, which are the keys to their status.",
    });
    this.listener = this.#addListener(config);

    const ready: IDependable[] = [network.vpc, this.listener, this.roles];
    const instances = (tier: "web" | "worker", role: TierRole, group: string, variables: Record<string, string>) =>
      instanceSettings({ tier, config, network, role, serviceRoleArn: this.roles.service.roleArn, group, variables });
    const common = {
      AWS_REGION: Stack.of(this).region,
      QUEUE_URL: data.queue.queueUrl,
      REGISTRATIONS_TABLE: data.registrations.tableName,
      DEAD_LETTERS_TABLE: data.deadLetters.tableName,
      PORT: String(tierPort),
    };

    this.web = this.#environment("Web", { name: "WebServer", type: "Standard" }, version, {
      settings: webSettings(
        instances("web", this.roles.web, network.webGroup.securityGroupId, {
          ...common,
          TIER: "web",
          EVENT_FILE: "event.json",
          STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds.web),
        }),
        {
          arn: this.loadBalancer.loadBalancerArn,
          securityGroupId: network.loadBalancerGroup.securityGroupId,
          ...(config.domainName === undefined ? {} : { tlsHostName: tlsHostName(config.domainName) }),
        },
        { RECEIPT_KEYS: this.receiptKeys.secretArn },
      ),
      config,
      ready,
    });
    this.worker = this.#environment("Worker", { name: "Worker", type: "SQS/HTTP" }, version, {
      settings: workerSettings(
        instances("worker", this.roles.worker, network.workerGroup.securityGroupId, {
          ...common,
          TIER: "worker",
          DEAD_LETTER_QUEUE_URL: data.deadLetterQueue.queueUrl,
          VISIBILITY_TIMEOUT_SECONDS: String(queueTimes.visibilityTimeoutSeconds),
          RECEIVE_WAIT_SECONDS: String(queueTimes.receiveWaitSeconds),
          STOP_DEADLINE_SECONDS: String(stopDeadlineSeconds.worker),
          ...(config.retentionDays === undefined ? {} : { RETENTION_DAYS: String(config.retentionDays) }),
        }),
      ),
      config,
      ready,
    });
  }

  /** Whatever does not ask for the web tier's own host name gets 404; Elastic Beanstalk adds the rule for what does. */
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
      // The security group lets nobody in but CloudFront; the listener must not open it again.
      open: false,
      defaultAction: ListenerAction.fixedResponse(404),
    });
  }

  #environment(
    name: "Web" | "Worker",
    tier: CfnEnvironment.TierProperty,
    version: CfnApplicationVersion,
    props: { settings: ReturnType<typeof workerSettings>; config: StackConfig; ready: readonly IDependable[] },
  ): CfnEnvironment {
    // No `environmentName`: a fixed one could not be replaced. `platformArn`, since a solution stack's name would
    // replace the environment with each new version.
    const environment = new CfnEnvironment(this, name, {
      applicationName: this.application.ref,
      description: `Turnout: ${name.toLowerCase()} tier`,
      tier,
      platformArn: Stack.of(this).formatArn({
        service: "elasticbeanstalk",
        account: "",
        resource: "platform",
        resourceName: `Node.js 24 running on 64bit Amazon Linux 2023/${props.config.platformVersion}`,
      }),
      versionLabel: version.ref,
      optionSettings: toProperties(props.settings),
    });
    // Its instances start inside: they need the way out, their rights and the listener before, and until after.
    environment.node.addDependency(...props.ready);
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

interface TierInstances {
  readonly tier: "web" | "worker";
  readonly config: StackConfig;
  readonly network: Network;
  readonly role: TierRole;
  readonly serviceRoleArn: string;
  readonly group: string;
  readonly variables: Record<string, string>;
}

function instanceSettings(parts: TierInstances): InstanceSettings {
  const { tier, config, network, role } = parts;
  const instanceType = config[`${tier}InstanceType`];
  const arm = new InstanceType(instanceType).architecture === InstanceArchitecture.ARM_64;
  return {
    instanceType,
    architecture: arm ? "arm64" : "x86_64",
    instanceProfileArn: role.profile.instanceProfileArn,
    serviceRoleArn: parts.serviceRoleArn,
    securityGroupId: parts.group,
    vpcId: network.vpc.vpcId,
    subnetIds: network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS }).subnetIds,
    minInstances: config[`${tier}MinInstances`],
    maxInstances: config[`${tier}MaxInstances`],
    logRetentionDays: config.logRetentionDays,
    variables: parts.variables,
  };
}
