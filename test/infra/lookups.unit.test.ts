import { t } from "../equipment/file-test.ts";
import { fullSettings, only, resources, synthesized } from "./templates.ts";

const { main } = await synthesized();

/** A call's parameters, with references in angle brackets. */
function callOf(template: typeof main, id: string): Record<string, unknown> & { physicalResourceId: { id: string } } {
  const create = only(template, "Custom::AWS", `Lookups${id}`).Properties["Create"];
  const text =
    typeof create === "string"
      ? create
      : ((create as { "Fn::Join": [string, (string | { Ref: string })[]] })["Fn::Join"][1] ?? [])
          .map((part) => (typeof part === "string" ? part : `<${part.Ref}>`))
          .join("");
  return JSON.parse(text);
}

t.test("each environment's group is found by asking Elastic Beanstalk", async (t) => {
  for (const tier of ["Web", "Worker"]) {
    t.match(callOf(main, `${tier}Group`), {
      service: "ElasticBeanstalk",
      action: "describeEnvironmentResources",
      parameters: { EnvironmentName: new RegExp(`^<Platform${tier}`) },
      outputPaths: ["EnvironmentResources.AutoScalingGroups.0.Name"],
    });
  }
});

t.test(
  "a changed setting asks for the group again, since it may be another one; an unchanged stack does not",
  async (t) => {
    const { main: again } = await synthesized();
    const { main: changed } = await synthesized({ settings: { webInstanceType: "m7i.large" } });
    const identity = (template: typeof main, id: string) => callOf(template, id).physicalResourceId.id;
    t.equal(identity(main, "WebGroup"), identity(again, "WebGroup"));
    t.not(identity(main, "WebGroup"), identity(changed, "WebGroup"));
    t.equal(identity(main, "WorkerGroup"), identity(changed, "WorkerGroup"), "the other tier's stays");
  },
);

t.test("another round asks for everything again, though nothing else has changed", async (t) => {
  const { main: full } = await synthesized({ settings: fullSettings });
  const identity = (template: typeof main) => callOf(template, "OriginFacingAddresses").physicalResourceId.id;
  t.not(identity(main), identity(full), "what changes with nothing else changes with the round");
  t.equal(full.Outputs["LookupRound"]?.Value, "2", "deploy reads here which round is deployed");
});

t.test("CloudFront's addresses are found by their list's name, in whatever region this is", async (t) => {
  t.match(callOf(main, "OriginFacingAddresses"), {
    action: "describeManagedPrefixLists",
    parameters: { Filters: [{ Values: ["com.amazonaws.global.cloudfront.origin-facing"] }] },
  });
});

t.test("all calls share one function, whose log group is the stack's and goes with it", async (t) => {
  const functions = resources(main, "AWS::Lambda::Function");
  t.equal(functions.length, 1);
  t.match(functions[0]?.[1].Properties["LoggingConfig"], { LogGroup: { Ref: /^LookupsLog/ } });
  t.equal(only(main, "AWS::Logs::LogGroup", "LookupsLog").DeletionPolicy, "Delete");
});

t.test(
  "the function may read what Elastic Beanstalk shows, and beside it only do the calls that it makes",
  async (t) => {
    const rights = ({ main: template }: { main: typeof main }) => {
      const role = only(template, "AWS::IAM::Role", "LookupsRole").Properties;
      t.match(JSON.stringify(role["ManagedPolicyArns"]), /:iam::aws:policy\/AWSElasticBeanstalkReadOnly"/);
      t.equal((role["ManagedPolicyArns"] as unknown[]).length, 1);
      const policies = role["Policies"] as { PolicyDocument: { Statement: { Action: string | string[] }[] } }[];
      return new Set(
        policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Action }) => Action)),
      );
    };
    const always = [
      "ec2:DescribeManagedPrefixLists",
      "autoscaling:EnableMetricsCollection",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      // A firewall that is added to a live stack would otherwise be asked for right after its permission.
      "ssm:GetParameter",
    ];
    t.strictSame(rights({ main }), new Set(always));
    t.strictSame(rights(await synthesized({ settings: fullSettings })), new Set(always));
  },
);
