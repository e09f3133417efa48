import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { hasInstanceAccess } from "../../infra/config.ts";
import { t } from "../equipment/file-test.ts";
import { loadedFiles } from "./called-actions.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const root = resolve(import.meta.dirname, "../..");
const { main } = await synthesized();

t.test("each tier's instances have a role of their own, which only instances can take", async (t) => {
  for (const tier of ["Web", "Worker"]) {
    const role = only(main, "AWS::IAM::Role", `Roles${tier}Role`).Properties;
    t.match(role["AssumeRolePolicyDocument"], { Statement: [{ Principal: { Service: "ec2.amazonaws.com" } }] });
    t.notOk("ManagedPolicyArns" in role, "nothing ready-made");
    t.match(only(main, "AWS::IAM::InstanceProfile", `Roles${tier}Profile`).Properties["Roles"], [
      { Ref: new RegExp(`^Roles${tier}Role`) },
    ]);
  }
});

t.test("rights are part of the role: an environment that is being removed keeps them to its end", async (t) => {
  t.strictSame(
    resources(main, "AWS::IAM::Policy").filter(([id]) => id.startsWith("Roles")),
    [],
  );
});

t.test(
  "ready-made policies are for Elastic Beanstalk's own reads only: health, and an environment's parts",
  async (t) => {
    const attached = resources(main, "AWS::IAM::Role").flatMap(
      ([, role]) => role.Properties["ManagedPolicyArns"] ?? [],
    );
    const names = attached.map((arn) => /AWSElasticBeanstalk\w+/.exec(JSON.stringify(arn))?.[0] ?? "");
    t.strictSame(new Set(names), new Set(["AWSElasticBeanstalkEnhancedHealth", "AWSElasticBeanstalkReadOnly"]));
    t.equal(names.length, 2);
  },
);

t.test("instances list the versions of their bundle, and nothing else in Elastic Beanstalk's bucket", async (t) => {
  for (const tier of ["Web", "Worker"]) {
    const policies = only(main, "AWS::IAM::Role", `Roles${tier}Role`).Properties["Policies"] as {
      PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] };
    }[];
    const lists = policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Action }) => [Action].flat().includes("s3:ListBucket"));
    t.match(lists, [{ Condition: { StringLike: { "s3:prefix": "resources/environments/*" } } }], tier);
    t.equal(lists.length, 1);
    t.match(JSON.stringify(lists[0]?.Resource), /:s3:::elasticbeanstalk-"/);
    t.notMatch(JSON.stringify(lists[0]?.Resource), /[*/]/, "the bucket itself, which is what this action is about");
  }
});

t.test("every construct that a tier's message names is in the stack", async (t) => {
  const sources = ["worker/main.ts", "web/main.ts"]
    .flatMap((entry) => loadedFiles(resolve(root, entry)))
    .map((file) => readFileSync(file, "utf8"));
  const paths = /"((?:Roles|Data|Mail|Network|Platform|Application)\/\w+)"/g;
  const named = [...sources.join("\n").matchAll(paths)].map(([, path = ""]) => path);
  t.ok(named.length > 0, [...new Set(named)].join(", "));
  const ids = Object.keys((await synthesized({ settings: fullSettings })).main.Resources);
  for (const path of new Set(named)) {
    t.ok(
      ids.some((id) => id.startsWith(path.replace("/", ""))),
      path,
    );
  }
});

t.test("Session Manager reaches the instances of a test stage; elsewhere only where the setting says so", async (t) => {
  for (const [template, reached] of [
    [main, true],
    [(await synthesized({ settings: fullSettings })).main, false],
  ] as const) {
    for (const tier of ["Web", "Worker"]) {
      const policies = JSON.stringify(only(template, "AWS::IAM::Role", `Roles${tier}Role`).Properties["Policies"]);
      t.equal(policies.includes("ssmmessages:OpenDataChannel"), reached, tier);
      t.notMatch(policies, /ssm:(Get|Put|Send|Start)/, "nothing that an instance could do to others");
    }
    t.equal(template.Outputs["InstanceAccess"]?.Value, reached ? "on" : "off");
  }
  t.equal(hasInstanceAccess({ stage: "production", instanceAccess: true }), true);
  t.equal(hasInstanceAccess({ stage: "test", instanceAccess: false }), false);
});
