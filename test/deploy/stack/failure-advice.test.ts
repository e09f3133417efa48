import t from "tap";
import { adviseOn } from "../../../deploy/stack/failure-advice.ts";

const cases: [type: string, reason: string, advice: RegExp][] = [
  ["AWS::EC2::VPC", "User: arn:… is not authorized to perform: ec2:CreateVpc", /names the action/],
  [
    "Custom::AWS",
    "AccessDenied: not authorized to perform elasticbeanstalk:DescribeEnvironments",
    /infra\/lookups\.ts/,
  ],
  ["AWS::EC2::VPC", "The maximum number of VPCs has been reached. (VpcLimitExceeded)", /Service Quotas/],
  ["AWS::CloudFront::CachePolicy", "A cache policy with the same name already exists", /stack leftovers/],
  [
    "AWS::ElasticBeanstalk::Environment",
    "Platform version is not supported: No Solution Stack named",
    /platformVersion/,
  ],
  ["AWS::ElasticBeanstalk::Environment", "Environment health has transitioned to Severe", /describe-events/],
  ["AWS::CloudFront::Distribution", "The certificate must be in us-east-1", /us-east-1/],
  [
    "AWS::EC2::VPC",
    "The vpc 'vpc-1' has dependencies and cannot be deleted. (DependencyViolation)",
    /quarter of an hour/,
  ],
  ["AWS::CloudFront::VpcOrigin", "The VPC origin is in use", /quarter of an hour/],
  ["AWS::AutoScaling::AutoScalingGroup", "We currently do not have sufficient capacity", /no room/],
  ["Custom::AWS", "Parameter not found", /lookups/],
  ["AWS::Lambda::Function", "Resource did not stabilize", /AWS Health/],
  ["AWS::SNS::Topic", "Something unheard of", /run the command again/],
];

t.test("every kind of failure comes with something to do", async (t) => {
  for (const [type, reason, advice] of cases) t.match(adviseOn({ type, reason }), advice, reason);
});
