/**
 * The network: two availability zones, no public address on instances or load balancer. CloudFront reaches the load
 * balancer, that reaches the web tier, nothing reaches the worker; both tiers reach AWS.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type IVpc,
} from "aws-cdk-lib/aws-ec2";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

export interface NetworkProps {
  readonly natGateways: number;
  readonly logRetentionDays: number;
  /** TCP port of the load balancer's only listener. */
  readonly listenerPort: number;
  /** Id of CloudFront's prefix list for origins. */
  readonly originFacingPrefixList: string;
}

/** TCP port of nginx on an instance. */
export const instancePort = 80;

export class Network extends Construct {
  readonly vpc: IVpc;
  readonly loadBalancerGroup: SecurityGroup;
  readonly webGroup: SecurityGroup;
  readonly workerGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = new Vpc(this, "Vpc", {
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
    }) as IVpc;
    // Only rejected traffic: enough to see attacks, at a fraction of the cost.
    this.vpc.addFlowLog("Refused", {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, "RefusedLog", {
          retention: props.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });

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
    this.loadBalancerGroup.connections.allowTo(this.webGroup, Port.tcp(instancePort), "Requests and health checks");
    for (const tier of [this.webGroup, this.workerGroup]) {
      tier.addEgressRule(Peer.anyIpv4(), Port.tcp(443), "AWS and the system's packages, by TLS");
    }
  }
}
