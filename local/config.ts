/** The environment of `npm start`: ports, and endpoints to use instead of the embedded engines. */
import { Type, type Static } from "typebox";

const port = (preset: number, what: string) =>
  Type.Integer({
    default: preset,
    minimum: 0,
    maximum: 65_535,
    description: `TCP port of ${what}, 0 for any free one`,
  });

const endpoint = (service: string) =>
  Type.Optional(
    Type.String({
      pattern: "^https?://",
      description: `URL at which to use ${service} instead of the embedded engine`,
    }),
  );

export const defaultMailFrom = "Turnout <registration@localhost>";

export const LocalConfig = Type.Object({
  WEB_PORT: port(3000, "the web tier"),
  WORKER_PORT: port(3001, "the worker tier"),
  CONSOLE_PORT: port(3002, "the console"),
  SQS_PORT: port(3003, "the embedded SQS"),
  DYNAMODB_PORT: port(3004, "the embedded DynamoDB"),
  MAIL_PORT: port(3005, "the embedded SES and its inbox"),
  MAIL_FROM: Type.String({
    default: defaultMailFrom,
    description: "sender of mails; where it is set and empty, no mail is sent and no SES started",
  }),
  TURNOUT_RUN_FOLDER: Type.Optional(
    Type.String({
      description:
        "folder where `npm start` says on which ports it runs, and where commands look for it. Default: `.turnout` of the checkout",
    }),
  ),
  AWS_ENDPOINT_URL_SQS: endpoint("SQS"),
  AWS_ENDPOINT_URL_DYNAMODB: endpoint("DynamoDB"),
  AWS_ENDPOINT_URL_SESV2: endpoint("SES"),
});

export type LocalConfig = Readonly<Static<typeof LocalConfig>>;

/** The variable for each process's port. */
export const portVariables = {
  web: "WEB_PORT",
  worker: "WORKER_PORT",
  console: "CONSOLE_PORT",
  sqs: "SQS_PORT",
  dynamodb: "DYNAMODB_PORT",
  mail: "MAIL_PORT",
} as const satisfies Readonly<Record<string, keyof LocalConfig>>;
