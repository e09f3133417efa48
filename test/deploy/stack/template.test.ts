import t from "tap";
import { parseTemplate, titlesOf } from "../../../deploy/stack/template.ts";

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

t.test("resources go by the names that stand in the source", async (t) => {
  t.same(
    [...titlesOf(template)],
    [
      ["NetworkVpc7F", "Network/Vpc"],
      ["PlatformWebD1", "Platform/Web"],
    ],
  );
});

t.test("what is no template in JSON is refused", async (t) => {
  t.same(parseTemplate(JSON.stringify(template)), template);
  for (const text of ["", "Resources: {}", "{}", '{"Resources":{"A":{}}}']) t.throws(() => parseTemplate(text), text);
});
