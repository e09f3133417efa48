/**
 * The network: two availability zones, no public address on instances or load balancer. CloudFront reaches the load
 * balancer, that reaches the web tier, nothing reaches the worker; both tiers reach AWS.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import {
  CfnNatGateway,
  CfnVPCGatewayAttachment,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type CfnSubnet,
  type IVpc,
} from "aws-cdk-lib/aws-ec2";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { tierPort } from "./tier-variables.ts";

export interface NetworkProps {
  readonly natGateways: number;
  /** Ids of the two availability zones, such as `euc1-az1`; undefined for the first two names of the account. */
  readonly zones: readonly string[] | undefined;
  readonly logRetentionDays: number;
  /** TCP port of the load balancer's only listener. */
  readonly listenerPort: number;
  /** Id of CloudFront's prefix list for origins. */
  readonly originFacingPrefixList: string;
}

export class Network extends Construct {
  readonly vpc: IVpc;
  readonly loadBalancerGroup: SecurityGroup;
  readonly webGroup: SecurityGroup;
  readonly workerGroup: SecurityGroup;
  readonly natGateways: readonly CfnNatGateway[];
  /** The internet gateway in its place; CDK's own dependency names only the gateway. */
  readonly attachedGateway: readonly CfnVPCGatewayAttachment[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const vpc = new Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: props.natGateways,
      subnetConfiguration: [
        { name: "Public", subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: "Private", subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
      // Free, and keeps table and bundle traffic off the NAT gateway. Six interface endpoints for the rest would cost
      // more than the gateway.
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
    });
    this.vpc = vpc as IVpc;
    if (props.zones !== undefined) placeIn(props.zones, vpc);
    this.natGateways = vpc.node.findAll().filter((construct) => construct instanceof CfnNatGateway);
    this.attachedGateway = vpc.node.findAll().filter((construct) => construct instanceof CfnVPCGatewayAttachment);
    this.#logRefusals(props.logRetentionDays);

    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound: false });
    this.loadBalancerGroup = group("LoadBalancerGroup", "Load balancer: in from CloudFront, out to the web tier");
    this.webGroup = group("WebGroup", "Web tier: in from the load balancer, out to AWS");
    this.workerGroup = group("WorkerGroup", "Worker tier: nothing in, out to AWS");

    // The prefix list counts as 55 of the group's 60 rules, so only one port fits.
    this.loadBalancerGroup.addIngressRule(
      Peer.prefixList(props.originFacingPrefixList),
      Port.tcp(props.listenerPort),
      "CloudFront",
    );
    this.loadBalancerGroup.connections.allowTo(this.webGroup, Port.tcp(tierPort), "Requests and health checks");
    for (const tier of [this.webGroup, this.workerGroup]) {
      // EC2 allows few characters in a description; a test checks them.
      tier.addEgressRule(Peer.anyIpv4(), Port.tcp(443), "AWS and the packages of the system, by TLS");
    }
  }

  /** Only rejected traffic: enough to see attacks, at a fraction of the cost. */
  #logRefusals(logRetentionDays: number): void {
    const log = new LogGroup(this, "RefusedLog", {
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, "RefusedLogRole", {
      description: "Turnout: VPC flow logs write what was rejected",
      assumedBy: new ServicePrincipal("vpc-flow-logs.amazonaws.com"),
      // Inline: CDK would attach them after the flow log was made.
      inlinePolicies: {
        Write: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
              resources: [log.logGroupArn],
            }),
          ],
        }),
      },
    });
    this.vpc.addFlowLog("Refused", {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(log, role.withoutPolicyUpdates()),
    });
  }
}

/** By id: the same name is another zone in another account, and some zones lack what the stack needs. */
function placeIn(zones: readonly string[], { publicSubnets, privateSubnets }: Vpc): void {
  for (const subnets of [publicSubnets, privateSubnets]) {
    for (const [index, { node }] of subnets.entries()) {
      const subnet = node.defaultChild as CfnSubnet;
      subnet.addPropertyDeletionOverride("AvailabilityZone");
      subnet.addPropertyOverride("AvailabilityZoneId", zones[index]);
    }
  }
}
