/**
 * The optional web application firewall: a separate stack in us-east-1, as CloudFront requires. It stores its ARN in a
 * parameter that the main stack reads during deployment.
 */
import { isIPv6 } from "node:net";
import { Duration, Stack, type StackProps } from "aws-cdk-lib";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { CfnIPSet, CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";
import type { StackConfig } from "./config.ts";
import { tagStack } from "./stack-tags.ts";

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
  /** Time of this synthesis, milliseconds since the epoch. */
  readonly now: number;
}

export class FirewallStack extends Stack {
  constructor(scope: Construct, id: string, { config, mainStackName, now, ...props }: FirewallProps) {
    super(scope, id, props);
    tagStack(this, mainStackName, config);
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
    const challenge = (
      name: string,
      priority: number,
      statements: CfnWebACL.StatementProperty[],
    ): CfnWebACL.RuleProperty => ({
      name,
      priority,
      action: { challenge: {} },
      statement: { andStatement: { statements } },
      visibilityConfig: visible(name),
    });
    const exempt = this.#exceptLoadTest(config, now);
    const { registrationChallenge } = config;
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
              scopeDownStatement: { andStatement: { statements: [...limitedPosts(config), ...exempt] } },
            },
          },
          visibilityConfig: visible("PostsPerAddress"),
        },
        managed("AWSManagedRulesAmazonIpReputationList", 1),
        managed("AWSManagedRulesKnownBadInputsRuleSet", 2),
        managed("AWSManagedRulesCommonRuleSet", 3, bodyRules),
        ...(registrationChallenge
          ? [
              challenge("ChallengePages", 4, [...challengedPages, ...exempt]),
              challenge("ChallengePosts", 5, [...challengedPosts, ...exempt]),
            ]
          : []),
      ],
      ...(registrationChallenge
        ? { challengeConfig: { immunityTimeProperty: { immunityTime: challengeHolds.toSeconds() } } }
        : {}),
    });
    new StringParameter(this, "Arn", {
      parameterName: firewallParameterName(mainStackName),
      description: "Turnout: the firewall that the distribution uses",
      stringValue: acl.attrArn,
    });
  }

  /** All but a load test's: it stands for many people and comes from one address. */
  #exceptLoadTest({ loadTestFrom, loadTestUntil = "" }: StackConfig, now: number): CfnWebACL.StatementProperty[] {
    // A rule has no end, so the next deployment takes it away; the web tier's own limit ends by the clock.
    const isOver = Date.parse(loadTestUntil) <= now;
    const ranges = (isOver ? [] : (loadTestFrom?.split(",") ?? [])).map((range) =>
      range.includes("/") ? range : `${range}/${isIPv6(range) ? 128 : 32}`,
    );
    // A set holds addresses of one version only.
    const versions = [ranges.filter((one) => !one.includes(":")), ranges.filter((one) => one.includes(":"))];
    return versions.flatMap((addresses, index): CfnWebACL.StatementProperty[] => {
      if (addresses.length === 0) return [];
      const version = index === 0 ? "IPV4" : "IPV6";
      const set = new CfnIPSet(this, `LoadTest${version}`, {
        description: "Turnout: where a load test comes from",
        scope: "CLOUDFRONT",
        ipAddressVersion: version,
        addresses,
      });
      return [{ notStatement: { statement: { ipSetReferenceStatement: { arn: set.attrArn } } } }];
    });
  }
}

function matches(
  fieldToMatch: CfnWebACL.FieldToMatchProperty,
  positionalConstraint: "EXACTLY" | "STARTS_WITH" | "CONTAINS",
  searchString: string,
  transformation: "NONE" | "URL_DECODE" | "LOWERCASE" = "NONE",
): CfnWebACL.StatementProperty {
  const textTransformations = [{ priority: 0, type: transformation }];
  return { byteMatchStatement: { fieldToMatch, positionalConstraint, searchString, textTransformations } };
}

const isMethod = (method: string) => matches({ method: {} }, "EXACTLY", method);
const either = (statements: CfnWebACL.StatementProperty[]): CfnWebACL.StatementProperty => ({
  orStatement: { statements },
});

/** Posts that count for the limit of one address: registrations, changes, and requests for a link. */
function limitedPosts({ mailFrom }: StackConfig): CfnWebACL.StatementProperty[] {
  const registrations = matches({ uriPath: {} }, "STARTS_WITH", "/registrations");
  const links = matches({ uriPath: {} }, "STARTS_WITH", "/link-requests");
  return [isMethod("POST"), mailFrom === undefined ? registrations : either([registrations, links])];
}

/** A page may be open for hours before its form is sent. AWS allows three days at most. */
const challengeHolds = Duration.hours(12);

/**
 * What makes mail without a receipt. A post that was not challenged before is answered with a page that only a browser
 * can run, or with nothing, and does not arrive; so the pages with the forms are challenged first.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html
 */
const challengedPosts: readonly CfnWebACL.StatementProperty[] = [
  isMethod("POST"),
  either(["/registrations", "/link-requests"].map((path) => matches({ uriPath: {} }, "EXACTLY", path, "URL_DECODE"))),
];

/** The event page and the form for a lost link, as a browser requests them: nothing else can run the challenge. */
const challengedPages: readonly CfnWebACL.StatementProperty[] = [
  isMethod("GET"),
  either([matches({ uriPath: {} }, "EXACTLY", "/"), matches({ uriPath: {} }, "STARTS_WITH", "/lost-link")]),
  matches({ singleHeader: { Name: "accept" } }, "CONTAINS", "text/html", "LOWERCASE"),
];
