import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import t from "tap";
import { hasInstanceAccess } from "../../infra/config.ts";
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

t.test("the only ready-made policy is the one with which Elastic Beanstalk watches over health", async (t) => {
  const attached = resources(main, "AWS::IAM::Role").flatMap(([, role]) => role.Properties["ManagedPolicyArns"] ?? []);
  t.equal(attached.length, 1);
  t.match(JSON.stringify(attached), /AWSElasticBeanstalkEnhancedHealth/);
});

t.test("every construct that a tier's message names is in the stack", async (t) => {
  const sources = ["worker/main.ts", "web/main.ts"]
    .flatMap((entry) => loadedFiles(resolve(root, entry)))
    .map((file) => readFileSync(file, "utf8"));
  const paths = /"((?:Roles|Data|Network|Platform|Application)\/\w+)"/g;
  const named = [...sources.join("\n").matchAll(paths)].map(([, path = ""]) => path);
  t.ok(named.length > 0, [...new Set(named)].join(", "));
  const ids = Object.keys(main.Resources);
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
