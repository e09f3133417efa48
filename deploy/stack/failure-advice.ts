/** What to do about a resource that CloudFormation could not create, update or delete, by its type and the reason. */

interface Advice {
  readonly type?: RegExp;
  readonly reason?: RegExp;
  readonly advice: string;
}

/** The first match counts: permissions and quotas before what is specific to a type. */
const advices: readonly Advice[] = [
  {
    reason: /not authorized|AccessDenied|UnauthorizedOperation|is not allowed to|InsufficientPrivileges/i,
    advice:
      "An identity may not do this: CDK's execution role (cdk-hnb659fds-cfn-exec-role-…), or for a Custom::AWS resource the stack's own lookup role. The reason names the action; allow it there, in infra/lookups.ts for the latter.",
  },
  {
    reason: /limit ?exceeded|maximum number|quota|too many|MaximumLimit|VcpuLimit/i,
    advice:
      "A quota of the account is reached. Ask for more in the Service Quotas console, in this region, or choose smaller settings.",
  },
  {
    // CDK's own words, before CloudFormation begins.
    reason: /replacement which cannot be deployed/i,
    advice:
      "CloudFormation cannot replace a resource with --no-rollback, and a changed bundle is another application version: leave it out. Where this is a failed stack, take it back first: aws cloudformation rollback-stack --stack-name NAME.",
  },
  {
    reason: /already exists/i,
    advice: "A resource of this name is left from an earlier stack. Find it with: npm run turnout -- stack leftovers",
  },
  {
    type: /^AWS::ElasticBeanstalk::Environment$/,
    reason: /platform|solution stack/i,
    advice:
      "The platform version is not offered in this region (any more). List them with aws elasticbeanstalk list-platform-versions, and set -c platformVersion=….",
  },
  {
    type: /^AWS::ElasticBeanstalk::/,
    advice:
      "Elastic Beanstalk says more in the environment's own events: aws elasticbeanstalk describe-events --environment-name NAME, and in the logs below /aws/elasticbeanstalk/NAME/.",
  },
  {
    type: /^AWS::CloudFront::/,
    reason: /certificate|CNAMEAlreadyExists|alias/i,
    advice:
      "The certificate must be issued, be in us-east-1 and cover domainName, and no other distribution may use that name.",
  },
  {
    type: /^AWS::(CloudFront|EC2)::/,
    reason: /in use|depend|DependencyViolation|mapped public address/i,
    advice:
      "A resource that AWS manages still uses it; CloudFront releases a network some minutes after its distribution is deleted. Run the command again in a quarter of an hour.",
  },
  {
    type: /^AWS::EC2::Instance|AutoScaling/,
    reason: /capacity/i,
    advice: "The zone has no capacity for this instance type now. Try again later, or choose another type.",
  },
  {
    type: /^Custom::/,
    advice: "The reason is the AWS service's answer to a lookup of the stack; see infra/lookups.ts.",
  },
  {
    reason: /timed? ?out|did not stabilize/i,
    advice: "It took longer than CloudFormation waits. Run the command again; check AWS Health if it happens twice.",
  },
];

const otherwise = "The reason is AWS's own. Fix it and run the command again: what is already right stays.";

export function adviseOn({ type, reason }: { readonly type: string; readonly reason: string }): string {
  return (
    advices.find((one) => (one.type?.test(type) ?? true) && (one.reason?.test(reason) ?? true))?.advice ?? otherwise
  );
}
