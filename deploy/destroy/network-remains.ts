/**
 * Takes out of a network what AWS services left in it and what keeps the network from going: interfaces that nothing uses,
 * and security groups that CloudFront or Elastic Beanstalk made. Touches nothing outside of the networks it is given.
 */
import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";

/** By which the services name what they make; the stack's own groups are CloudFormation's business. */
const ofServices = /^(CloudFront-VPCOrigins|awseb-)/;

/**
 * Safe to call again.
 * @param networks ids of VPCs that are about to go
 * @param note told of each thing that was removed, or could not be
 */
export async function clearNetworks(
  ec2: EC2Client,
  networks: readonly string[],
  note: (line: string) => void,
): Promise<void> {
  async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      note(`Removed ${what}, which kept the network from going.`);
    } catch (error) {
      note(`Could not remove ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  if (networks.length === 0) return;
  const Filters = [{ Name: "vpc-id", Values: [...networks] }];
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [...Filters, { Name: "status", Values: ["available"] }] }),
  );
  for (const { NetworkInterfaceId = "", Description = "" } of NetworkInterfaces) {
    await attempt(`interface ${NetworkInterfaceId} (${Description})`, () =>
      ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId })),
    );
  }
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  for (const { GroupId = "", GroupName = "" } of SecurityGroups) {
    if (!ofServices.test(GroupName)) continue;
    await attempt(`security group ${GroupName}`, () => ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
  }
}
