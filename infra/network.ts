/**
 * Where everything stands: a network over two availability zones, in which no instance and no load balancer has a public
 * address, and who may speak to whom in it. CloudFront reaches the load balancer, the load balancer reaches the web
 * tier, nobody reaches the worker tier; both tiers reach AWS.
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
  /** Id of the address list from which CloudFront reaches an origin. */
  readonly originFacingPrefixList: string;
}

/** TCP port on which nginx listens on an instance. */
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
      // Free, and they keep the table's and the bundle's traffic off the NAT gateway. Six interface endpoints for the
      // rest would cost more than that gateway at this size.
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
    }) as IVpc;
    // Refused traffic only: enough to see who knocks, a fraction of the cost of all of it.
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

    // The address list counts as its 55 entries against the group's 60 rules, so there is room for one port only.
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
