import { DescribeStacksCommand, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { t } from "../../equipment/file-test.ts";
import { createDeploymentClients, firewallRegion, readAccount } from "../../../deploy/stack/clients.ts";
import {
  deployObstacle,
  readStack,
  readStackResources,
  removalObstacle,
} from "../../../deploy/stack/deployed-stack.ts";
import { explain } from "../../../terminal/exit.ts";
import { account, awsError, idOf, openAccount, region } from "./account-stand-in.ts";

t.test("a stack is read with its stage and outputs", async (t) => {
  const outputs = { Url: "https://d1.cloudfront.net" };
  const { clients } = openAccount(t, [
    { name: "summit-test", status: "CREATE_COMPLETE", stage: "test", isProtected: true, outputs },
    { name: "other", status: "CREATE_COMPLETE" },
  ]);
  t.match(await readStack(clients.cloudFormation, "summit-test"), {
    id: idOf("summit-test"),
    status: "CREATE_COMPLETE",
    stage: "test",
    isProtected: true,
    outputs,
  });
  t.equal((await readStack(clients.cloudFormation, "other"))?.stage, undefined, "one of somebody else's");
});

t.test("a missing stack is undefined; a denied call is an error", async (t) => {
  const { clients, mocks } = openAccount(t);
  t.equal(await readStack(clients.cloudFormation, "summit-test"), undefined);
  t.same(await readStackResources(clients.cloudFormation, "summit-test"), []);
  mocks.cloudFormation.on(DescribeStacksCommand).rejects(awsError("AccessDenied"));
  mocks.cloudFormation.on(ListStackResourcesCommand).rejects(awsError("Throttling"));
  await t.rejects(readStack(clients.cloudFormation, "summit-test"), { name: "AccessDenied" });
  await t.rejects(readStackResources(clients.cloudFormation, "summit-test"), { name: "Throttling" });
});

const stack = {
  name: "summit-test",
  id: idOf("summit-test"),
  status: "CREATE_COMPLETE",
  reason: "",
  isProtected: false,
  stage: "test",
  description: "Turnout: registrations for Summit",
  outputs: {},
};

t.test("every state that prevents a deployment is reported with what to do", async (t) => {
  const ready = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"];
  t.equal(deployObstacle(undefined), undefined);
  for (const status of ready) t.equal(deployObstacle({ ...stack, status }), undefined, status);
  const obstacles: [status: string, remedy: RegExp][] = [
    ["ROLLBACK_COMPLETE", /first deployment failed.*npm run destroy -- --stack summit-test/],
    ["ROLLBACK_FAILED", /npm run destroy/],
    ["CREATE_FAILED", /npm run destroy/],
    ["DELETE_FAILED", /half removed.*npm run destroy/],
    ["DELETE_IN_PROGRESS", /until it is gone/],
    ["CREATE_IN_PROGRESS", /somebody else/],
    ["UPDATE_ROLLBACK_IN_PROGRESS", /somebody else/],
    ["UPDATE_ROLLBACK_FAILED", /continue-update-rollback --stack-name summit-test --region eu-central-1/],
    ["UPDATE_FAILED", /rollback-stack --stack-name summit-test --region eu-central-1; then deploy again/],
  ];
  for (const [status, remedy] of obstacles) t.match(deployObstacle({ ...stack, status }) ?? "", remedy, status);
  t.match(deployObstacle({ ...stack, description: "A shop" }), /none of Turnout's/);
});

t.test("a firewall's stack is mended in its own region, and by no command that knows main stacks only", async (t) => {
  const firewall = {
    ...stack,
    name: "summit-test-firewall",
    id: idOf("summit-test-firewall").replace(region, firewallRegion),
    description: "Turnout: firewall of summit-test",
    stage: undefined,
  };
  for (const [status, remedy] of [
    ["ROLLBACK_COMPLETE", /delete-stack --stack-name summit-test-firewall --region us-east-1/],
    ["DELETE_FAILED", /delete-stack --stack-name summit-test-firewall --region us-east-1/],
    ["UPDATE_ROLLBACK_FAILED", /continue-update-rollback --stack-name summit-test-firewall --region us-east-1/],
  ] as const) {
    const said = deployObstacle({ ...firewall, status });
    t.match(said, remedy, status);
    t.notMatch(said, "npm run destroy");
  }
});

t.test("a stack can be removed in every state but in the middle of a change", async (t) => {
  const ready = ["CREATE_COMPLETE", "ROLLBACK_COMPLETE", "DELETE_FAILED", "DELETE_IN_PROGRESS", "CREATE_IN_PROGRESS"];
  for (const status of ready) t.equal(removalObstacle({ ...stack, status }), undefined, status);
  for (const status of ["UPDATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
    t.match(removalObstacle({ ...stack, status }) ?? "", /Wait/, status);
});

t.test("the account, the region and the identity are read", async (t) => {
  const { clients } = openAccount(t);
  t.same(await readAccount(clients), { account, region, identity: `arn:aws:iam::${account}:user/ann` });
});

t.test("missing and expired credentials are reported with what to do", async (t) => {
  const { clients, mocks } = openAccount(t);
  for (const name of ["CredentialsProviderError", "ExpiredToken", "InvalidClientTokenId"]) {
    mocks.sts.on(GetCallerIdentityCommand).rejects(awsError(name));
    const error: unknown = await readAccount(clients).catch((thrown: unknown) => thrown);
    t.match(explain(error), /aws sso login.*--profile/, name);
  }
});

t.test("firewalls and global tags are read in us-east-1, everything else in the deployment's region", async (t) => {
  const clients = createDeploymentClients({ region });
  t.equal(await clients.firewalls.config.region(), firewallRegion);
  t.equal(await clients.globalTagging.config.region(), firewallRegion);
  t.equal(await clients.cloudFormation.config.region(), region);
  t.equal(await clients.cloudFormation.config.maxAttempts(), 8);
  clients.close();
  clients.close();
});
