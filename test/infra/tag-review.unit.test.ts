import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { mockClient } from "aws-sdk-client-mock";
import { reviewTags } from "../../deploy/stack/tag-review.ts";
import { createResolve } from "../../deploy/stack/template-values.ts";
import { t } from "../equipment/file-test.ts";
import { stackId } from "./deployed-template.ts";
import { fullSettings, synthesized } from "./templates.ts";

const mock = mockClient(AutoScalingClient);
const client = new AutoScalingClient({ region: "eu-central-1" });
t.teardown(() => {
  mock.restore();
  client.destroy();
});
const { main: template } = await synthesized({ settings: fullSettings });
const resolve = createResolve(template, stackId, []);
const given = {
  "turnout:stack": "turnout-production",
  "turnout:stage": "production",
  costCentre: "42",
  owner: "events team",
  // Elastic Beanstalk's own.
  "elasticbeanstalk:environment-name": "x",
};

function review(tags: Readonly<Record<string, string>>, PropagateAtLaunch = true) {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value, PropagateAtLaunch }));
  mock.reset();
  mock.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [{ Tags } as never] });
  const { signal } = new AbortController();
  return reviewTags({ client, groups: { web: "web", worker: "worker" }, template, resolve, signal });
}

t.test("the organiser's tags and Turnout's reach every instance of both tiers", async (t) => {
  t.match(await review(given), [
    { name: "web tags", status: "ok", found: /costCentre.*owner/ },
    { name: "worker tags", status: "ok" },
  ]);
});

t.test("a tag that is missing, has another value or is not handed on to instances is found", async (t) => {
  const { costCentre: _, ...without } = given;
  t.match(await review(without), [{ status: "failed", found: /: costCentre=42$/ }, { status: "failed" }]);
  t.match(await review({ ...given, owner: "press" }), [{ status: "failed", found: /: owner=events team$/ }, {}]);
  t.match(await review(given, false), [{ status: "failed", found: /turnout:stack=turnout-production/ }, {}]);
});
