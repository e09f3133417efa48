import { DescribeEnvironmentHealthCommand, ElasticBeanstalkClient } from "@aws-sdk/client-elastic-beanstalk";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { createTierBeanstalkSource } from "../../../admin/inspector/tier-beanstalk.ts";

const beanstalk = mockClient(ElasticBeanstalkClient);
t.teardown(() => beanstalk.restore());

const read = createTierBeanstalkSource({
  stack: "summit",
  region: "eu-central-1",
  environments: { web: "web-env", worker: "worker-env" },
});

t.test("health is Elastic Beanstalk's", async (t) => {
  beanstalk
    .on(DescribeEnvironmentHealthCommand, { EnvironmentName: "web-env" })
    .resolves({ Color: "Green", Causes: [] })
    .on(DescribeEnvironmentHealthCommand, { EnvironmentName: "worker-env" })
    .resolves({ Color: "Red", Causes: ["100 % of requests fail"] });
  t.same(await read(), [
    { tier: "web", health: "ok", causes: [] },
    { tier: "worker", health: "unhealthy", causes: ["100 % of requests fail"] },
  ]);
});

t.test("without the right to ask, nothing is known, and that is no failure", async (t) => {
  const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });
  beanstalk.reset();
  beanstalk.on(DescribeEnvironmentHealthCommand).rejects(denied);
  t.match(await read(), [{ health: "unknown", causes: [/AccessDenied/] }, { health: "unknown" }]);
});
