import { t } from "../equipment/file-test.ts";
import { readEnv } from "../../shared/process/environment.ts";
import type { TurnoutError } from "../../shared/errors.ts";
import { readWorkerConfig, WorkerConfig } from "../../worker/config.ts";

const complete = {
  AWS_REGION: "eu-central-1",
  QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/registrations",
  DEAD_LETTER_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters",
  REGISTRATIONS_TABLE: "registrations",
  DEAD_LETTERS_TABLE: "dead-letters",
  OUTCOMES_TABLE: "outcomes",
  ACTIVITY_TABLE: "activity",
};

function errorsOf(env: Record<string, string>): TurnoutError {
  try {
    readEnv(WorkerConfig, env);
  } catch (error) {
    return error as TurnoutError;
  }
  throw new Error("the environment was taken");
}

t.test("what is required is enough; everything else has a default within its own bounds", async (t) => {
  const config = readEnv(WorkerConfig, complete);
  t.match(config, complete);
  t.match(config, { PORT: 8080, POLLERS: 4, LOG_LEVEL: "info" });
  const spelled = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]));
  t.same(readEnv(WorkerConfig, spelled), config);
});

t.test("the defaults fit each other: a stop outlasts a long poll, a heartbeat fits into the visibility", async (t) => {
  const config = readEnv(WorkerConfig, complete);
  t.ok(config.STOP_DEADLINE_SECONDS > config.RECEIVE_WAIT_SECONDS + config.WRITE_TIMEOUT_MS / 1_000);
  t.ok(config.VISIBILITY_TIMEOUT_SECONDS >= 3);
  t.ok(config.WATCHDOG_SECONDS > config.RECEIVE_WAIT_SECONDS);
});

t.test("an empty environment names every variable that is missing, at once", async (t) => {
  const error = errorsOf({});
  t.equal(error.code, "TURNOUT_ENVIRONMENT_INVALID");
  t.same(
    error.validationErrors.map((validationError) => validationError.pointer),
    Object.keys(complete).map((name) => `/${name}`),
  );
});

t.test("each variable out of its bounds is named with what was given and what is allowed", async (t) => {
  const wrong: Record<string, string> = {
    QUEUE_URL: "registrations",
    DEAD_LETTER_QUEUE_URL: "arn:aws:sqs:eu-central-1:123456789012:dead-letters",
    PORT: "-1",
    LOG_LEVEL: "loud",
    POLLERS: "0",
    RECEIVE_WAIT_SECONDS: "21",
    VISIBILITY_TIMEOUT_SECONDS: "1",
    MESSAGE_DEADLINE_SECONDS: "0",
    WRITES_IN_FLIGHT: "many",
    RETENTION_DAYS: "0.5",
    STOP_DEADLINE_SECONDS: "301",
  };
  const error = errorsOf({ ...complete, ...wrong });
  t.same(
    new Set(error.validationErrors.map((validationError) => validationError.pointer.slice(1))),
    new Set(Object.keys(wrong)),
  );
  for (const [name, given] of Object.entries(wrong)) {
    const line = error.message.split("\n").find((text) => text.includes(`- ${name} `)) ?? "";
    t.ok(line.includes(given), line);
  }
});

t.test("a retention is never assumed", async (t) => {
  t.equal(readEnv(WorkerConfig, complete).RETENTION_DAYS, undefined);
  t.equal(readEnv(WorkerConfig, { ...complete, RETENTION_DAYS: "" }).RETENTION_DAYS, undefined);
  t.equal(readEnv(WorkerConfig, { ...complete, RETENTION_DAYS: "30" }).RETENTION_DAYS, 30);
});

t.test("with MAIL_FROM everything that mails need is required, and all that is missing is named at once", async (t) => {
  const from = { ...complete, MAIL_FROM: "Summit <tickets@example.org>" };
  const missing = ["MAIL_QUEUE_URL", "MAILS_TABLE", "PUBLIC_URL", "RECEIPT_KEYS"];
  t.equal(readWorkerConfig(complete).MAIL_FROM, undefined);
  try {
    readWorkerConfig(from);
    t.fail("it was taken");
  } catch (error) {
    const { validationErrors } = error as TurnoutError;
    t.same(
      validationErrors.map(({ pointer }) => pointer.slice(1)),
      missing,
    );
  }
  const mail = {
    MAIL_QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/mails",
    MAILS_TABLE: "mails",
    PUBLIC_URL: "https://summit.example.org",
    RECEIPT_KEYS: `k1:${Buffer.alloc(32, 1).toString("base64")}`,
  };
  t.match(readWorkerConfig({ ...from, ...mail, MAILS_PER_SECOND: "2.5" }), { ...mail, MAILS_PER_SECOND: 2.5 });
  t.match(readWorkerConfig({ ...from, ...mail }), { EVENT_FILE: "event.json" });
});

t.test("a sender is an address, or one with a name", async (t) => {
  const pattern = new RegExp((WorkerConfig.properties.MAIL_FROM as { pattern?: string }).pattern ?? "");
  for (const good of ["a@b.org", "registration@localhost", "Summit <a@b.org>", "Größe, Inc. <a@b.org>"]) {
    t.ok(pattern.test(good), good);
  }
  for (const bad of ["", "Summit", "Summit <a>", "a@b.org, c@d.org", "Summit <a@b.org>\r\nBcc: x@y.org", "<a@b.org>"]) {
    t.notOk(pattern.test(bad), bad);
  }
});
