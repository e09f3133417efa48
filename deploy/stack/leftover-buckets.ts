/**
 * Elastic Beanstalk and CDK have one bucket each for the whole account and region. Only the environments' folders belong to
 * a stack; Elastic Beanstalk's bucket is removed once nothing uses it.
 */
import { DescribeApplicationsCommand } from "@aws-sdk/client-elastic-beanstalk";
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  paginateListBuckets,
  paginateListObjectsV2,
  ListObjectVersionsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Leftover, Search } from "./leftover-finders.ts";

/** S3's limit for one call. */
const maxDeletedAtOnce = 1_000;

/**
 * Deletes everything below a prefix, with all versions and delete markers. Safe to call again.
 * @param prefix "" for the whole bucket
 * @throws an Error naming the first object that S3 refuses to delete
 */
export async function emptyBucket(s3: S3Client, Bucket: string, prefix: string): Promise<void> {
  for (;;) {
    // Always the first page: the one before is deleted.
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: prefix, MaxKeys: maxDeletedAtOnce }));
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key = "", VersionId }) => ({
      Key,
      ...(VersionId !== undefined && { VersionId }),
    }));
    if (Objects.length === 0) return;
    const { Errors: [first] = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    if (first !== undefined) throw new Error(`${first.Key}: ${first.Code}, ${first.Message}`);
  }
}

async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  await emptyBucket(s3, Bucket, "");
  // The policy forbids everybody to delete the bucket.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
}

export async function findBuckets({ clients, account, region, traces }: Search): Promise<Leftover[]> {
  const { s3, beanstalk } = clients;
  const found: Leftover[] = [];
  const names: string[] = [];
  for await (const { Buckets = [] } of paginateListBuckets({ client: s3 }, {})) {
    names.push(...Buckets.map(({ Name = "" }) => Name));
  }
  const assets = new RegExp(`^cdk-[a-z0-9]+-assets-${account}-${region}$`);
  for (const name of names.filter((one) => assets.test(one))) {
    const detail = "CDK's, with the bundles of all stacks of the region; npx cdk gc tidies it";
    found.push({ kind: "S3 bucket", name, detail, state: "shared" });
  }
  const bucket = `elasticbeanstalk-${region}-${account}`;
  if (!names.includes(bucket)) return found;

  const folders = new Map<string, number>();
  let others = 0;
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key = "" } of Contents) {
      const id = traces.environmentIds.find((one) => Key.startsWith("resources/") && Key.includes(`/${one}/`));
      const folder = id && Key.slice(0, Key.indexOf(`/${id}/`) + id.length + 2);
      if (folder) folders.set(folder, (folders.get(folder) ?? 0) + 1);
      // The marker in every such bucket.
      else if (Key !== ".elasticbeanstalk") others += 1;
    }
  }
  for (const [folder, count] of folders) {
    const detail = `${count} of one of the stack's environments`;
    const remove = () => emptyBucket(s3, bucket, folder);
    found.push({ kind: "S3 objects", name: `${bucket}/${folder}`, detail, state: "left", remove });
  }
  const { Applications = [] } = await beanstalk.send(new DescribeApplicationsCommand({}));
  const item = { kind: "S3 bucket", name: bucket };
  if (others > 0 || Applications.length > 0) {
    found.push({ ...item, detail: "Elastic Beanstalk's, for all environments of the region", state: "shared" });
  } else {
    const detail = "Elastic Beanstalk's, and no application is left in the region";
    found.push({ ...item, detail, state: "left", remove: () => removeBucket(s3, bucket) });
  }
  return found;
}
