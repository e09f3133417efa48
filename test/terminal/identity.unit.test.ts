import { hostname } from "node:os";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../equipment/file-test.ts";
import { readIamIdentity, readLocalIdentity } from "../../terminal/identity.ts";

const sts = mockClient(STSClient);
t.teardown(() => sts.restore());

t.test("on AWS it is the IAM identity", async (t) => {
  const arn = "arn:aws:sts::123456789012:assumed-role/Admin/ann";
  sts.on(GetCallerIdentityCommand).resolves({ Arn: arn });
  t.equal(await readIamIdentity({ region: "eu-central-1" }, {}), arn);
});

t.test("without valid credentials it says so", async (t) => {
  sts.on(GetCallerIdentityCommand).rejects(Object.assign(new Error("expired"), { name: "ExpiredTokenException" }));
  await t.rejects(readIamIdentity({ region: "eu-central-1" }, {}), { name: "ExpiredTokenException" });
});

t.test("where the engines are others, it is the account of this machine", async (t) => {
  const local = await readLocalIdentity();
  t.match(local, hostname());
  const env = { AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1" };
  t.equal(await readIamIdentity({ region: "eu-central-1" }, env), local);
});
