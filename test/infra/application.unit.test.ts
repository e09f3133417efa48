import { t } from "../equipment/file-test.ts";
import { only, synthesized } from "./templates.ts";

const { main } = await synthesized();

t.test("there is one version of one application, made of the bundle in CDK's bucket", async (t) => {
  const version = only(main, "AWS::ElasticBeanstalk::ApplicationVersion").Properties;
  t.match(version["ApplicationName"], { Ref: /^Application/ });
  t.match(version["SourceBundle"], { S3Bucket: { "Fn::Sub": /^cdk-/ }, S3Key: /^[0-9a-f]{64}\.zip$/ });
});

t.test("a version is described by the bundle's hash, so that it can be told from another", async (t) => {
  const version = only(main, "AWS::ElasticBeanstalk::ApplicationVersion").Properties;
  t.match(version["Description"], /^[0-9a-f]{64}$/);
});

t.test("the stack makes up a receipt key of 32 bytes, and takes it with it when it goes", async (t) => {
  const secret = only(main, "AWS::SecretsManager::Secret");
  t.match(secret.Properties["GenerateSecretString"], { PasswordLength: 43, ExcludePunctuation: true });
  t.notOk("SecretString" in secret.Properties, "no key stands in the template");
  t.equal(secret.DeletionPolicy, "Delete");
});
