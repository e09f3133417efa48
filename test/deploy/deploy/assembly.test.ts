import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readAssembly } from "../../../deploy/deploy/assembly.ts";

const template = {
  Resources: {
    NetworkVpc7F: { Type: "AWS::EC2::VPC", Metadata: { "aws:cdk:path": "summit-test/Network/Vpc/Resource" } },
    PlatformWebD1: {
      Type: "AWS::ElasticBeanstalk::Environment",
      Metadata: { "aws:cdk:path": "summit-test/Platform/Web" },
    },
    Plain: { Type: "AWS::SNS::Topic" },
  },
};

function write(folder: string, manifest: unknown): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "main.json"), JSON.stringify(template));
  return folder;
}

t.test("stacks are read with their region, template and what they need of the bootstrap stack", async (t) => {
  const stack = (environment: string) => ({
    type: "aws:cloudformation:stack",
    environment,
    properties: { templateFile: "main.json", stackName: "summit-test", requiresBootstrapStackVersion: 6 },
  });
  const folder = write(t.testdir(), {
    artifacts: {
      Tree: { type: "cdk:tree", properties: { file: "tree.json" } },
      main: stack("aws://unknown-account/unknown-region"),
      firewall: stack("aws://unknown-account/us-east-1"),
    },
  });
  const [main, firewall, ...more] = readAssembly(folder);
  t.match(main, { name: "summit-test", region: undefined, bootstrapVersion: 6, template });
  t.equal(firewall?.region, "us-east-1");
  t.same(more, []);
});

t.test("what is none of CDK's is refused", async (t) => {
  t.throws(() => readAssembly(write(t.testdir(), { artifacts: { main: {} } })));
  t.throws(() => readAssembly(join(t.testdirName, "nowhere")), { code: "ENOENT" });
});
