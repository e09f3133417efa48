import { t } from "../equipment/file-test.ts";
import { readEnv } from "../../shared/process/environment.ts";
import { WebConfig } from "../../web/config.ts";
import { WorkerConfig } from "../../worker/config.ts";
import {
  consoleEnvironment,
  stackEnvironment,
  webEnvironment,
  workerEnvironment,
} from "../../local/tier-environment.ts";

const surroundings = {
  region: "eu-central-1",
  sqsEndpoint: "http://127.0.0.1:1",
  dynamoDbEndpoint: "http://127.0.0.1:2",
  embeddedOnly: true,
  queues: {
    queueUrl: "http://127.0.0.1:1/0/registrations",
    deadLetterQueueUrl: "http://127.0.0.1:1/0/dead",
    mailQueueUrl: "http://127.0.0.1:1/0/mails",
  },
  receiptKeys: `local:${Buffer.alloc(32).toString("base64")}`,
};

t.test("each tier gets an environment that its own schema takes", async (t) => {
  t.match(readEnv(WebConfig, webEnvironment({}, surroundings, 3000)), {
    PORT: 3000,
    HOST: "127.0.0.1",
    QUEUE_URL: surroundings.queues.queueUrl,
  });
  t.match(readEnv(WorkerConfig, workerEnvironment({}, surroundings, 3001)), { PORT: 3001, RECEIVE_WAIT_SECONDS: 2 });
});

t.test("variables of whoever starts it reach the tiers, but never change where the stack is", async (t) => {
  const given = { POLLERS: "8", LOG_LEVEL: "debug", PORT: "1", HOST: "0.0.0.0", QUEUE_URL: "https://production/queue" };
  const worker = workerEnvironment(given, surroundings, 3001);
  t.match(worker, { POLLERS: "8", LOG_LEVEL: "debug", PORT: "3001", HOST: "127.0.0.1" });
  t.equal(worker.QUEUE_URL, surroundings.queues.queueUrl);
});

t.test("with embedded engines, nothing of somebody's AWS account reaches them", async (t) => {
  const given = {
    AWS_PROFILE: "production",
    AWS_ACCESS_KEY_ID: "AKIA",
    AWS_SESSION_TOKEN: "x",
    AWS_REGION: "us-east-1",
  };
  const environment = stackEnvironment(given, surroundings);
  t.match(environment, { AWS_ACCESS_KEY_ID: "local", AWS_REGION: "eu-central-1", AWS_EC2_METADATA_DISABLED: "true" });
  t.notOk("AWS_PROFILE" in environment);
  t.notOk("AWS_SESSION_TOKEN" in environment);
});

t.test(
  "with an endpoint of somebody's own, the credentials for it are theirs, or made up where they set none",
  async (t) => {
    const outside = { ...surroundings, embeddedOnly: false };
    t.match(stackEnvironment({ AWS_PROFILE: "mine" }, outside), { AWS_PROFILE: "mine", AWS_ACCESS_KEY_ID: undefined });
    t.match(stackEnvironment({}, outside), { AWS_ACCESS_KEY_ID: "local" });
  },
);

t.test("what npm or a test runner left in the environment stays out", async (t) => {
  const given = { NODE_OPTIONS: "--import x", npm_lifecycle_event: "start", TAP: "1", TZ: "UTC" };
  const environment = stackEnvironment(given, surroundings);
  t.notOk("NODE_OPTIONS" in environment || "npm_lifecycle_event" in environment || "TAP" in environment);
  t.equal(environment.TZ, "UTC");
});

const withMail = {
  ...surroundings,
  mail: {
    sesEndpoint: "http://127.0.0.1:5",
    from: "Turnout <registration@localhost>",
    webUrl: "http://127.0.0.1:3000",
  },
};
const mailNames = ["AWS_ENDPOINT_URL_SESV2", "MAIL_FROM", "MAIL_QUEUE_URL", "MAILS_TABLE", "PUBLIC_URL"];

t.test("the worker gets what sending mail needs, the web tier the queue, and the tools queue and table", async (t) => {
  t.match(workerEnvironment({}, withMail, 3001), {
    MAIL_FROM: "Turnout <registration@localhost>",
    MAIL_QUEUE_URL: "http://127.0.0.1:1/0/mails",
    MAILS_TABLE: "mails",
    PUBLIC_URL: "http://127.0.0.1:3000",
    RECEIPT_KEYS: surroundings.receiptKeys,
    AWS_ENDPOINT_URL_SESV2: "http://127.0.0.1:5",
  });
  t.equal(workerEnvironment({ PUBLIC_URL: "https://x.example" }, withMail, 3001).PUBLIC_URL, "https://x.example");
  const web = webEnvironment({}, withMail, 3000);
  t.equal(web.MAIL_QUEUE_URL, "http://127.0.0.1:1/0/mails");
  t.notOk("PUBLIC_URL" in web || "MAIL_FROM" in web);
  t.match(stackEnvironment({}, withMail), { MAIL_QUEUE_URL: String, MAILS_TABLE: "mails" });
});

t.test("without mail no variable of it reaches a tier, not even from whoever starts it", async (t) => {
  const given = { MAIL_FROM: "a@b.example", MAIL_QUEUE_URL: "https://production/mails", MAILS_TABLE: "mails" };
  for (const environment of [
    workerEnvironment(given, surroundings, 3001),
    webEnvironment(given, surroundings, 3000),
    consoleEnvironment(given, surroundings, {}, "token"),
  ]) {
    t.same(
      mailNames.filter((name) => name in environment),
      [],
    );
  }
});

t.test("the console knows the stack by its names, and the tiers by their addresses", async (t) => {
  const urls = { web: "http://127.0.0.1:3000" };
  const environment = consoleEnvironment({ TURNOUT_CONSOLE_TOKEN: "of somebody" }, surroundings, urls, "made here");
  t.match(environment, { WEB_URL: urls.web, TURNOUT_CONSOLE_TOKEN: "made here", QUEUE_URL: String });
  t.notOk("WORKER_URL" in environment);
});
