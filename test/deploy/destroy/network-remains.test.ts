import {
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import t from "tap";
import { clearNetworks } from "../../../deploy/destroy/network-remains.ts";
import { awsError, openAccount } from "../stack/account-stand-in.ts";

t.test("unused interfaces and the services' security groups go, ours are CloudFormation's business", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.ec2
    .on(DescribeNetworkInterfacesCommand)
    .resolves({ NetworkInterfaces: [{ NetworkInterfaceId: "eni-1", Description: "CloudFront VPC origin" }] })
    .on(DescribeSecurityGroupsCommand)
    .resolves({
      SecurityGroups: [
        { GroupId: "sg-1", GroupName: "CloudFront-VPCOrigins-Service-SG" },
        { GroupId: "sg-2", GroupName: "summit-test-NetworkWebGroup" },
        { GroupId: "sg-3", GroupName: "default" },
      ],
    });
  const lines: string[] = [];
  await clearNetworks(clients.ec2, ["vpc-1"], (line) => lines.push(line));
  t.match(lines, [/Removed interface eni-1/, /Removed security group CloudFront-VPCOrigins/]);
  const asked = mocks.ec2.commandCalls(DescribeNetworkInterfacesCommand)[0]?.args[0].input;
  t.match(asked, {
    Filters: [
      { Name: "vpc-id", Values: ["vpc-1"] },
      { Name: "status", Values: ["available"] },
    ],
  });
  t.equal(mocks.ec2.commandCalls(DeleteSecurityGroupCommand).length, 1);
});

t.test("what cannot be removed is told, and the rest goes on; without a network nothing is asked", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.ec2
    .on(DescribeNetworkInterfacesCommand)
    .resolves({ NetworkInterfaces: [{ NetworkInterfaceId: "eni-1" }, { NetworkInterfaceId: "eni-2" }] })
    .on(DeleteNetworkInterfaceCommand)
    .rejectsOnce(awsError("UnauthorizedOperation", "may not"))
    .resolves({});
  const lines: string[] = [];
  const note = (line: string) => lines.push(line);
  await clearNetworks(clients.ec2, ["vpc-1"], note);
  t.match(lines, [/Could not remove interface eni-1.*may not/, /Removed interface eni-2/]);
  mocks.ec2.resetHistory();
  await clearNetworks(clients.ec2, [], note);
  t.equal(mocks.ec2.calls().length, 0);
});
