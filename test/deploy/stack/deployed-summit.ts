/** A deployment as CloudFormation tells of it: what tests of commands that read a stack on AWS start from. */
import type { Stack } from "@aws-sdk/client-cloudformation";

export const outputs = {
  Url: "https://d1.cloudfront.net",
  DistributionId: "E1",
  QueueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/summit-queue",
  DeadLetterQueueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/summit-dead-letters",
  RegistrationsTable: "summit-registrations",
  DeadLettersTable: "summit-dead-letters",
  OutcomesTable: "summit-outcomes",
  ActivityTable: "summit-activity",
  ControlsTable: "summit-controls",
  AuditLogGroup: "summit-audit",
  ApplicationName: "summit-app",
  WebEnvironment: "summit-web",
  WorkerEnvironment: "summit-worker",
  WebGroup: "summit-web-group",
  WorkerGroup: "summit-worker-group",
  WebRoleArn: "arn:aws:iam::123456789012:role/summit-web",
  WorkerRoleArn: "arn:aws:iam::123456789012:role/summit-worker",
  LoadBalancerDnsName: "internal-summit.eu-central-1.elb.amazonaws.com",
  ReceiptKeysSecret: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ReceiptKeys-abc",
} as const;

/** What the outputs of a deployment with mail have more. */
export const mailOutputs = {
  MailQueueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/summit-mails",
  MailDeadLetterQueueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/summit-mails-dead-letters",
  MailsTable: "summit-mails",
  MailConfigurationSet: "summit-mail-set",
  MailSender: "registration@example.org",
  MailIdentity: "example.org",
} as const;

/** @param changed what is different; outputs are replaced as a whole */
export function summit(changed: Partial<Stack> & { readonly outputs?: Readonly<Record<string, string>> } = {}): Stack {
  const { outputs: own = outputs, ...rest } = changed;
  return {
    StackName: "summit-test",
    StackId: "arn:aws:cloudformation:eu-central-1:123456789012:stack/summit-test/1",
    CreationTime: new Date("2027-01-01T00:00:00Z"),
    Description: "Turnout: registrations for Summit",
    StackStatus: "CREATE_COMPLETE",
    Tags: [
      { Key: "turnout:stack", Value: "summit-test" },
      { Key: "turnout:stage", Value: "test" },
    ],
    Outputs: Object.entries(own).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
    ...rest,
  };
}

/** @returns an error as the SDK throws it */
export function awsError(name: string, message: string = name, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode }, $fault: "client" });
}
