import { t } from "../equipment/file-test.ts";
import { App } from "aws-cdk-lib";
import { CfnIPSet } from "aws-cdk-lib/aws-wafv2";
import { readStackConfig } from "../../infra/config.ts";
import { firewallParameterName, FirewallStack } from "../../infra/firewall.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const { firewall } = await synthesized({ settings: fullSettings });
if (!firewall) throw new Error("the full configuration has a firewall");
const acl = only(firewall, "AWS::WAFv2::WebACL").Properties;
const rules = acl["Rules"] as readonly (Record<string, unknown> & { Name: string; Priority: number })[];

interface ManagedGroup {
  readonly ManagedRuleGroupStatement: { readonly RuleActionOverrides: { Name: string; ActionToUse: unknown }[] };
}

t.test("it is CloudFront's, and lets through what no rule rejects", async (t) => {
  t.match(acl, { Scope: "CLOUDFRONT", DefaultAction: { Allow: {} } });
});

t.test("one address may post so many registrations in five minutes, then it is told to wait", async (t) => {
  t.match(
    rules.find((rule) => rule.Name === "PostsPerAddress"),
    {
      Statement: {
        RateBasedStatement: {
          AggregateKeyType: "IP",
          Limit: 1_000,
          EvaluationWindowSec: 300,
          ScopeDownStatement: {
            AndStatement: {
              Statements: [
                { ByteMatchStatement: { SearchString: "POST" } },
                {
                  OrStatement: {
                    Statements: [
                      { ByteMatchStatement: { SearchString: "/registrations" } },
                      { ByteMatchStatement: { SearchString: "/link-requests" } },
                    ],
                  },
                },
                { NotStatement: { Statement: { IPSetReferenceStatement: {} } } },
                { NotStatement: { Statement: { IPSetReferenceStatement: {} } } },
              ],
            },
          },
        },
      },
      Action: {
        Block: { CustomResponse: { ResponseCode: 429, ResponseHeaders: [{ Name: "Retry-After", Value: "60" }] } },
      },
    },
  );
});

t.test("without mail there are no requests for a link to count, and without the setting no challenge", async (t) => {
  const { firewall: plain } = await synthesized({ settings: { waf: true } });
  const text = JSON.stringify(plain?.Resources);
  t.match(text, "/registrations");
  t.notMatch(text, "/link-requests");
  t.notMatch(text, /challenge/i);
});

t.test("what makes mail without a receipt is let through for browsers that were challenged on the page", async (t) => {
  const exempt = { NotStatement: { Statement: { IPSetReferenceStatement: {} } } };
  const path = (SearchString: string, PositionalConstraint: string) => ({
    ByteMatchStatement: { FieldToMatch: { UriPath: {} }, SearchString, PositionalConstraint },
  });
  const byName = (name: string) => rules.find((rule) => rule.Name === name);
  t.match(byName("ChallengePosts"), {
    Action: { Challenge: {} },
    Statement: {
      AndStatement: {
        Statements: [
          { ByteMatchStatement: { SearchString: "POST" } },
          { OrStatement: { Statements: [path("/registrations", "EXACTLY"), path("/link-requests", "EXACTLY")] } },
          exempt,
          exempt,
        ],
      },
    },
  });
  t.match(byName("ChallengePages"), {
    Action: { Challenge: {} },
    Statement: {
      AndStatement: {
        Statements: [
          { ByteMatchStatement: { SearchString: "GET" } },
          { OrStatement: { Statements: [path("/", "EXACTLY"), path("/lost-link", "STARTS_WITH")] } },
          { ByteMatchStatement: { FieldToMatch: { SingleHeader: { Name: "accept" } }, SearchString: "text/html" } },
          exempt,
          exempt,
        ],
      },
    },
  });
  t.match(acl["ChallengeConfig"], { ImmunityTimeProperty: { ImmunityTime: 43_200 } });
});

t.test("what an attendee writes is counted, never rejected", async (t) => {
  const common = rules.find((rule) => rule.Name === "AWSManagedRulesCommonRuleSet")?.["Statement"];
  const overrides = (common as ManagedGroup | undefined)?.ManagedRuleGroupStatement.RuleActionOverrides ?? [];
  t.ok(overrides.length >= 5);
  for (const { Name, ActionToUse } of overrides) {
    t.match(Name, /_BODY$/);
    t.strictSame(ActionToUse, { Count: {} }, Name);
  }
});

t.test("every rule has its place, and no sample of a request is kept", async (t) => {
  t.equal(new Set(rules.map((rule) => rule.Priority)).size, rules.length);
  for (const rule of rules) t.match(rule["VisibilityConfig"], { SampledRequestsEnabled: false }, rule.Name);
});

t.test("the main stack reads the name that this one leaves", async (t) => {
  t.match(only(firewall, "AWS::SSM::Parameter").Properties, { Name: firewallParameterName("turnout-production") });
  const { main } = await synthesized({ settings: fullSettings });
  const call = JSON.stringify(only(main, "Custom::AWS", "LookupsFirewall").Properties["Create"]);
  t.match(call, "/turnout/turnout-production/firewall-arn");
  t.match(call, "us-east-1");
});

t.test("where a load test comes from is a set for each version of addresses", async (t) => {
  t.strictSame(
    resources(firewall, "AWS::WAFv2::IPSet").map(([, { Properties }]) => Properties["Addresses"]),
    [["203.0.113.7/32"], ["2001:db8::/48"]],
  );
});

t.test(
  "the exemption is gone with the first deployment after its end, and never there without a load test",
  async (t) => {
    const sets = (settings: Readonly<Record<string, unknown>>, now: string) => {
      const app = new App({ analyticsReporting: false });
      const config = readStackConfig(settings);
      const stack = new FirewallStack(app, "Firewall", { config, mainStackName: "turnout-test", now: Date.parse(now) });
      return stack.node.findAll().filter((one) => one instanceof CfnIPSet).length;
    };
    t.equal(sets(fullSettings, "2027-02-01T11:59Z"), 2);
    t.equal(sets(fullSettings, "2027-02-01T12:00Z"), 0);
    t.equal(sets({}, "2027-02-01T11:59Z"), 0);
  },
);
