/**
 * The optional web application firewall: a separate stack in us-east-1, as CloudFront requires. It stores its ARN in a
 * parameter that the main stack reads during deployment.
 */
import { Stack, type StackProps } from "aws-cdk-lib";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";
import type { StackConfig } from "./config.ts";

/** Name of the parameter in us-east-1 with the firewall's ARN. */
export function firewallParameterName(stackName: string): string {
  return `/turnout/${stackName}/firewall-arn`;
}

/**
 * Body rules of the common rule set, in count mode: the tier's schema decides what a name or answer may contain, and
 * nobody's registration is rejected for an apostrophe.
 */
const bodyRules = [
  "SizeRestrictions_BODY",
  "CrossSiteScripting_BODY",
  "GenericLFI_BODY",
  "GenericRFI_BODY",
  "EC2MetaDataSSRF_BODY",
];

export interface FirewallProps extends StackProps {
  readonly config: StackConfig;
  /** Name of the main stack, which reads the parameter. */
  readonly mainStackName: string;
}

export class FirewallStack extends Stack {
  constructor(scope: Construct, id: string, { config, mainStackName, ...props }: FirewallProps) {
    super(scope, id, props);
    const visible = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      metricName,
      // Samples contain whole requests: addresses and receipts.
      sampledRequestsEnabled: false,
    });
    const managed = (name: string, priority: number, counted: readonly string[] = []): CfnWebACL.RuleProperty => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: "AWS",
          name,
          ...(counted.length > 0
            ? { ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })) }
            : {}),
        },
      },
      visibilityConfig: visible(name),
    });
    const acl = new CfnWebACL(this, "Acl", {
      description: "Turnout: in front of the event page",
      scope: "CLOUDFRONT",
      defaultAction: { allow: {} },
      visibilityConfig: visible("Firewall"),
      customResponseBodies: {
        TooMany: {
          contentType: "APPLICATION_JSON",
          content: JSON.stringify({
            type: "about:blank",
            title: "Too many requests from this address",
            status: 429,
            code: "TURNOUT_RATE_LIMITED",
          }),
        },
      },
      rules: [
        {
          name: "PostsPerAddress",
          priority: 0,
          // The same answer as the tier's own rate limit, so the page waits and retries.
          action: {
            block: {
              customResponse: {
                responseCode: 429,
                customResponseBodyKey: "TooMany",
                responseHeaders: [{ name: "Retry-After", value: "60" }],
              },
            },
          },
          statement: {
            rateBasedStatement: {
              aggregateKeyType: "IP",
              limit: config.wafPostsPerAddress,
              evaluationWindowSec: 300,
              scopeDownStatement: postsToRegistrations,
            },
          },
          visibilityConfig: visible("PostsPerAddress"),
        },
        managed("AWSManagedRulesAmazonIpReputationList", 1),
        managed("AWSManagedRulesKnownBadInputsRuleSet", 2),
        managed("AWSManagedRulesCommonRuleSet", 3, bodyRules),
      ],
    });
    new StringParameter(this, "Arn", {
      parameterName: firewallParameterName(mainStackName),
      description: "Turnout: the firewall that the distribution uses",
      stringValue: acl.attrArn,
    });
  }
}

const plain = [{ priority: 0, type: "NONE" }];
const postsToRegistrations: CfnWebACL.StatementProperty = {
  andStatement: {
    statements: [
      {
        byteMatchStatement: {
          fieldToMatch: { method: {} },
          positionalConstraint: "EXACTLY",
          searchString: "POST",
          textTransformations: plain,
        },
      },
      {
        byteMatchStatement: {
          fieldToMatch: { uriPath: {} },
          positionalConstraint: "STARTS_WITH",
          searchString: "/registrations",
          textTransformations: plain,
        },
      },
    ],
  },
};
