/**
 * What Elastic Beanstalk and CDK leave in S3. Both keep one bucket for all of an account and region: ours in it are only
 * the environments' folders, and the bucket itself goes when nobody needs it any more.
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
import { isOurs, type Leftover, type LookContext } from "./leftover.ts";

/** S3 takes so many in one call. */
const maxDeletedAtOnce = 1_000;

/**
 * Deletes everything below a prefix, all versions and the marks of deleted ones. Safe to call again.
 * @param prefix "" for the whole bucket
 * @returns how many versions were deleted
 * @throws an Error naming the first that S3 would not delete
 */
export async function emptyBucket(s3: S3Client, Bucket: string, prefix: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    // Always from the beginning: what was listed is gone.
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: prefix, MaxKeys: maxDeletedAtOnce }));
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key = "", VersionId }) => ({
      Key,
      ...(VersionId !== undefined && { VersionId }),
    }));
    if (Objects.length === 0) return deleted;
    const { Errors: [refused] = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    if (refused !== undefined) throw new Error(`${refused.Key}: ${refused.Code}, ${refused.Message}`);
    deleted += Objects.length;
  }
}

/** The bucket's policy forbids its own removal to everybody. */
async function removeBucket(s3: S3Client, Bucket: string): Promise<void> {
  await emptyBucket(s3, Bucket, "");
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
}

/** @returns what is in the bucket, by key */
async function listKeys(s3: S3Client, Bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
  }
  return keys;
}

/** Elastic Beanstalk's own mark, which stands for nothing. */
const mark = ".elasticbeanstalk";

async function findInBeanstalks(bucket: string, { clients, traces }: LookContext): Promise<Leftover[]> {
  const { s3, beanstalk } = clients;
  const keys = (await listKeys(s3, bucket)).filter((key) => key !== mark);
  const ours = new Map<string, number>();
  for (const key of keys) {
    const id = traces.environmentIds.find((one) => key.startsWith("resources/") && key.includes(`/${one}/`));
    if (id === undefined) continue;
    const prefix = key.slice(0, key.indexOf(`/${id}/`) + id.length + 2);
    ours.set(prefix, (ours.get(prefix) ?? 0) + 1);
  }
  const found: Leftover[] = [...ours].map(([prefix, count]) => ({
    kind: "S3 objects",
    name: `${bucket}/${prefix}`,
    detail: `${count} of one of the stack's environments`,
    state: "left",
    remove: () => emptyBucket(s3, bucket, prefix),
  }));
  const others = keys.length - [...ours.values()].reduce((sum, count) => sum + count, 0);
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

export async function findBuckets(context: LookContext): Promise<Leftover[]> {
  const { account } = context;
  const { s3 } = context.clients;
  const region = await s3.config.region();
  const beanstalks = `elasticbeanstalk-${region}-${account}`;
  const assets = new RegExp(`^cdk-[a-z0-9]+-assets-${account}-${region}$`);
  const found: Leftover[] = [];
  for await (const { Buckets = [] } of paginateListBuckets({ client: s3 }, {})) {
    for (const { Name: name = "" } of Buckets) {
      if (name === beanstalks) found.push(...(await findInBeanstalks(name, context)));
      else if (assets.test(name)) {
        const detail = "CDK's, with the bundles of all stacks of the region; npx cdk gc tidies it";
        found.push({ kind: "S3 bucket", name, detail, state: "shared" });
      } else if (isOurs(name, context))
        found.push({ kind: "S3 bucket", name, detail: "named after the stack", state: "left" });
    }
  }
  return found;
}
