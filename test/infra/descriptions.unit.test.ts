import { t } from "../equipment/file-test.ts";
import type { Template } from "./synthesis.ts";
import { fullSettings, longSettings, synthesized } from "./templates.ts";

const templates: Record<string, Template> = {
  "as little as possible": (await synthesized()).main,
  "everything optional": (await synthesized({ settings: fullSettings })).main,
  "the longest name": (await synthesized({ settings: longSettings })).main,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html: no apostrophe, no quote, no `>`. */
const ofEc2 = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/;
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const ofIam = /^[\t\n\r\u0020-\u007E\u00A1-\u00FF]{0,1000}$/;

const described = new Set(["Description", "GroupDescription"]);

/** @returns each description in a resource's properties, however deep */
function descriptionsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (described.has(key) ? [inner] : descriptionsIn(inner)));
}

function rejected(template: Template, service: string, allowed: RegExp): string[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type.startsWith(`AWS::${service}::`))
    .flatMap(([id, { Properties }]) => descriptionsIn(Properties).map((text) => ({ id, text })))
    .filter(({ text }) => typeof text !== "string" || !allowed.test(text))
    .map(({ id, text }) => `${id}: ${JSON.stringify(text)}`);
}

t.test("EC2 and IAM take every description, CDK's own among them", async (t) => {
  for (const [name, template] of Object.entries(templates)) {
    t.strictSame(rejected(template, "EC2", ofEc2), [], name);
    t.strictSame(rejected(template, "IAM", ofIam), [], name);
  }
});

t.test("control: an apostrophe in a rule, and a text that is too long, would be found", async (t) => {
  const bad = (text: string) => ({
    Outputs: {},
    Metadata: {},
    Resources: {
      Group: { Type: "AWS::EC2::SecurityGroup", Properties: { SecurityGroupEgress: [{ Description: text }] } },
    },
  });
  t.equal(rejected(bad("AWS and the system's packages, by TLS"), "EC2", ofEc2).length, 1);
  t.equal(rejected(bad("a".repeat(256)), "EC2", ofEc2).length, 1);
  t.equal(rejected(bad("AWS: (80), by [TLS]"), "EC2", ofEc2).length, 0);
  t.ok(Object.values(templates).every(({ Resources }) => descriptionsIn(Resources).length > 10));
});
