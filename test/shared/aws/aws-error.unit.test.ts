import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { createDocumentClient, createSqsClient } from "../../../shared/aws/aws-clients.ts";
import { kindOf, type AwsErrorKind } from "../../../shared/aws/aws-error.ts";
import { awsError, startAwsProxy, type Intervention } from "../../equipment/aws-proxy.ts";

// Nothing stands behind it: every call is answered by the test.
const proxy = await startAwsProxy("http://127.0.0.1:9");
process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";
process.env.AWS_ENDPOINT_URL_SQS = proxy.url;
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
t.teardown(() => proxy.close());

/** What the SDK throws when AWS answers so. */
async function thrownBy(service: "SQS" | "DynamoDB", intervention: Intervention): Promise<unknown> {
  proxy.intervene(() => intervention);
  const requestTimeoutMs = intervention === "swallow" ? 500 : 20_000;
  const options = { region: "eu-central-1", requestTimeoutMs, maxAttempts: 1 };
  const sqs = createSqsClient(options);
  const documents = createDocumentClient(options);
  try {
    if (service === "SQS") await sqs.send(new SendMessageCommand({ QueueUrl: "http://q/1/q", MessageBody: "x" }));
    else await documents.send(new PutItemCommand({ TableName: "t", Item: {} }));
  } catch (error) {
    return error;
  } finally {
    sqs.destroy();
    documents.destroy();
  }
  throw new Error("nothing was thrown");
}

t.test("what the SDK throws for an answer of DynamoDB is known by its kind", async (t) => {
  const expected: [Intervention, AwsErrorKind][] = [
    [awsError("AccessDeniedException"), "access-denied"],
    [awsError("ResourceNotFoundException"), "missing-resource"],
    [awsError("UnrecognizedClientException"), "credentials"],
    [awsError("ExpiredTokenException"), "credentials"],
    [awsError("InvalidSignatureException"), "clock"],
    [awsError("ThrottlingException"), "throttled"],
    [awsError("ProvisionedThroughputExceededException"), "throttled"],
    [awsError("RequestLimitExceeded"), "throttled"],
    [awsError("InternalServerError", "oops", 500), "unreachable"],
    [{ status: 503, answer: {} }, "unreachable"],
    [awsError("ValidationException"), "rejected"],
    [awsError("SomethingNew"), "rejected"],
    ["cut", "unreachable"],
    ["swallow", "unreachable"],
  ];
  for (const [intervention, kind] of expected) {
    t.equal(kindOf(await thrownBy("DynamoDB", intervention)), kind, JSON.stringify(intervention));
  }
});

t.test("what the SDK throws for an answer of SQS is known by its kind", async (t) => {
  const missing: Intervention = {
    status: 400,
    answer: { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "no such queue" },
    headers: { "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender" },
  };
  const expected: [Intervention, AwsErrorKind][] = [
    [awsError("AccessDenied", "no", 403), "access-denied"],
    [awsError("KmsAccessDenied"), "access-denied"],
    [missing, "missing-resource"],
    [awsError("InvalidClientTokenId", "no", 403), "credentials"],
    [awsError("SignatureDoesNotMatch", "no", 403), "clock"],
    [awsError("RequestThrottled"), "throttled"],
    [awsError("InternalFailure", "oops", 500), "unreachable"],
    [awsError("InvalidMessageContents"), "rejected"],
    ["cut", "unreachable"],
    ["swallow", "unreachable"],
  ];
  for (const [intervention, kind] of expected) {
    t.equal(kindOf(await thrownBy("SQS", intervention)), kind, JSON.stringify(intervention));
  }
});

t.test("the code of a single statement is known as well", async (t) => {
  t.equal(kindOf("AccessDenied"), "access-denied");
  t.equal(kindOf("ResourceNotFound"), "missing-resource");
  t.equal(kindOf("ThrottlingError"), "throttled");
  t.equal(kindOf("ProvisionedThroughputExceeded"), "throttled");
  t.equal(kindOf("RequestLimitExceeded"), "throttled");
  t.equal(kindOf("SomethingNew"), "rejected");
});

t.test("an error that a library wrapped is known by what it wraps", async (t) => {
  const inner = Object.assign(new Error("denied"), { name: "AccessDenied" });
  t.equal(kindOf(new Error("SQS receive message failed", { cause: inner })), "access-denied");
  const circular = new Error("a");
  circular.cause = new Error("b", { cause: circular });
  t.equal(kindOf(circular), "unreachable", "and a circle of causes ends");
});

t.test("what does not exist is known by each service's own name for it", async (t) => {
  for (const name of [
    "ResourceNotFound",
    "NoSuchDistribution",
    "NoSuchEntity",
    "NoSuchBucket",
    "DashboardNotFoundError",
    "InvalidGroup.NotFound",
    "TableNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
  ])
    t.equal(kindOf(name), "missing-resource", name);
  for (const name of ["ENOTFOUND", "ValidationException", "NoSuch", "NotFoundByTheirOwnWords"])
    t.equal(kindOf(name), "rejected", name);
});
