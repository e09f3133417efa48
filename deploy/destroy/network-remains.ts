/** Removes what AWS services left in a network and what blocks its deletion: unused interfaces, their security groups. */
import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  type EC2Client,
  type NetworkInterface,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";

/** Names of the services' security groups; CloudFormation deletes the stack's own. */
const ofServices = /^(CloudFront-VPCOrigins|awseb-)/;

/**
 * Safe to call again. Changes nothing outside the given networks.
 * @param networks ids of VPCs that are being deleted
 */
export async function clearNetworks(
  ec2: EC2Client,
  networks: readonly string[],
  note: (line: string) => void,
): Promise<void> {
  async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      note(`Removed ${what}, which blocked the deletion of the network.`);
    } catch (error) {
      note(`Could not remove ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  if (networks.length === 0) return;
  const Filters = [{ Name: "vpc-id", Values: [...networks] }];
  const unused = { Filters: [...Filters, { Name: "status", Values: ["available"] }] };
  const interfaces: NetworkInterface[] = [];
  for await (const { NetworkInterfaces = [] } of paginateDescribeNetworkInterfaces({ client: ec2 }, unused))
    interfaces.push(...NetworkInterfaces);
  for (const { NetworkInterfaceId = "", Description = "" } of interfaces) {
    await attempt(`interface ${NetworkInterfaceId} (${Description})`, () =>
      ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })),
    );
  }
  const groups: SecurityGroup[] = [];
  for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client: ec2 }, { Filters }))
    groups.push(...SecurityGroups);
  for (const { GroupId = "", GroupName = "" } of groups) {
    if (!ofServices.test(GroupName)) continue;
    await attempt(`security group ${GroupName}`, () => ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
  }
}
