import { DescribeApplicationsCommand } from "@aws-sdk/client-elastic-beanstalk";
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from "@aws-sdk/client-s3";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { emptyBucket, findBuckets } from "../../../deploy/stack/leftover-buckets.ts";
import { account, openAccount, region } from "./account-stand-in.ts";

const bucket = `elasticbeanstalk-${region}-${account}`;

function open(t: Test, keys: readonly string[], applications: readonly string[] = []) {
  const { clients, mocks } = openAccount(t);
  const stored = new Set(keys);
  const names = [bucket, `cdk-hnb659fds-assets-${account}-${region}`, "shop"];
  mocks.s3
    .on(ListBucketsCommand)
    .resolves({ Buckets: names.map((Name) => ({ Name })) })
    .on(ListObjectsV2Command)
    .callsFake(() => ({ Contents: [...stored].map((Key) => ({ Key })) }))
    .on(ListObjectVersionsCommand)
    .callsFake(({ Prefix = "" }: { Prefix?: string }) => {
      const [first, ...rest] = [...stored].filter((key) => key.startsWith(Prefix));
      // Two versions of a thing, and pages that do not hold all.
      return first === undefined
        ? {}
        : {
            Versions: [{ Key: first, VersionId: "1" }],
            DeleteMarkers: [{ Key: first, VersionId: "2" }],
            IsTruncated: rest.length > 0,
          };
    })
    .on(DeleteObjectsCommand)
    .callsFake(({ Delete }: { Delete: { Objects: { Key: string }[] } }) => {
      for (const { Key } of Delete.Objects) stored.delete(Key);
      return {};
    });
  mocks.beanstalk
    .on(DescribeApplicationsCommand)
    .resolves({ Applications: applications.map((ApplicationName) => ({ ApplicationName })) });
  const traces = { resources: [], environmentIds: ["e-abc"], neighbours: [] };
  return {
    clients,
    mocks,
    stored,
    find: () => findBuckets({ clients, stack: "summit-test", account, region, traces }),
  };
}

const ours = [
  "resources/environments/e-abc/a",
  "resources/environments/e-abc/b",
  "resources/environments/logs/publish/e-abc/c",
];

t.test("in Elastic Beanstalk's bucket only the environments' folders are the stack's, and are emptied", async (t) => {
  const { stored, find, mocks } = open(t, [".elasticbeanstalk", ...ours, "resources/environments/e-xyz/a"], ["shop"]);
  const [cdks, folder, logs, whole, ...more] = await find();
  t.match(folder, { name: `${bucket}/resources/environments/e-abc/`, detail: /^2 /, state: "left" });
  t.match(logs, { name: `${bucket}/resources/environments/logs/publish/e-abc/`, state: "left" });
  t.match(whole, { name: bucket, state: "shared", remove: undefined });
  t.match(cdks, { name: /^cdk-/, state: "shared", remove: undefined });
  t.same(more, []);
  await folder?.remove?.();
  await logs?.remove?.();
  t.same([...stored], [".elasticbeanstalk", "resources/environments/e-xyz/a"]);
  t.equal(mocks.s3.commandCalls(DeleteBucketCommand).length, 0);
});

t.test("a bucket that nothing uses any more is removed too, with the policy that forbids it", async (t) => {
  const { stored, find, mocks } = open(t, [".elasticbeanstalk", ...ours]);
  for (const { remove } of await find()) await remove?.();
  t.same([...stored], []);
  t.equal(mocks.s3.commandCalls(DeleteBucketPolicyCommand).length, 1);
  t.match(mocks.s3.commandCalls(DeleteBucketCommand)[0]?.args[0].input, { Bucket: bucket });
});

t.test("control: another application, or anything else in it, keeps the bucket", async (t) => {
  const whole = async (keys: string[], applications: string[]) => {
    const { find } = open(t, keys, applications);
    return (await find()).find(({ name }) => name === bucket)?.state;
  };
  t.equal(await whole([".elasticbeanstalk"], ["shop"]), "shared");
  t.equal(await whole(["2027-app.zip"], []), "shared");
  t.equal(await whole([".elasticbeanstalk"], []), "left");
});

t.test("what S3 refuses to delete is an error, not an endless loop", async (t) => {
  const { clients, mocks } = open(t, ["a"]);
  const denied = { Key: "a", Code: "AccessDenied", Message: "Access Denied" };
  mocks.s3.on(DeleteObjectsCommand).resolves({ Errors: [denied] });
  await t.rejects(emptyBucket(clients.s3, bucket, ""), /a: AccessDenied/);
});
