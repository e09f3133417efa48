import { randomBytes } from "node:crypto";
import { t } from "../equipment/file-test.ts";
import { readEnv } from "../../shared/process/environment.ts";
import type { TurnoutError } from "../../shared/errors.ts";
import { WebConfig } from "../../web/config.ts";
import { parseReceiptKeys } from "../../shared/registration/receipts.ts";

const secret = () => randomBytes(32).toString("base64");
const complete = {
  AWS_REGION: "eu-central-1",
  QUEUE_URL: "https://sqs.eu-central-1.amazonaws.com/123456789012/registrations",
  REGISTRATIONS_TABLE: "registrations",
  DEAD_LETTERS_TABLE: "dead-letters",
  OUTCOMES_TABLE: "outcomes",
  ACTIVITY_TABLE: "activity",
  CONTROLS_TABLE: "controls",
  RECEIPT_KEYS: `k1:${secret()}`,
};

function errorsOf(env: Record<string, string>): TurnoutError {
  try {
    readEnv(WebConfig, env);
  } catch (error) {
    return error as TurnoutError;
  }
  throw new Error("the environment was taken");
}

t.test("what is required is enough; everything else has a default within its own bounds", async (t) => {
  const config = readEnv(WebConfig, complete);
  t.match(config, complete);
  t.match(config, { PORT: 8080, HOST: "127.0.0.1", LOG_LEVEL: "info", EVENT_FILE: "event.json" });
  const spelled = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]));
  t.same(readEnv(WebConfig, spelled), config);
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
    REGISTRATIONS_TABLE: "t",
    RECEIPT_KEYS: "k1:c2hvcnQ=",
    PORT: "65536",
    LOG_LEVEL: "loud",
    SENDS_IN_FLIGHT: "0",
    MAX_WAITING: "1e3",
    SEND_TIMEOUT_MS: "2s",
    STOP_DEADLINE_SECONDS: "1.5",
  };
  const error = errorsOf({ ...complete, ...wrong });
  t.same(
    new Set(error.validationErrors.map((validationError) => validationError.pointer.slice(1))),
    new Set(Object.keys(wrong)),
  );
  for (const [name, given] of Object.entries(wrong)) {
    const line = error.message.split("\n").find((text) => text.includes(`- ${name} `)) ?? "";
    if (name === "RECEIPT_KEYS") t.notMatch(line, /c2hvcnQ/, "a secret is not shown");
    else t.ok(line.includes(given), line);
  }
});

t.test("whatever key list the environment takes, the receipts take too", async (t) => {
  for (const keys of [`a:${secret()}`, `a:${secret()},b_2-X:${secret()}`]) {
    const { RECEIPT_KEYS } = readEnv(WebConfig, { ...complete, RECEIPT_KEYS: keys });
    t.equal(parseReceiptKeys(RECEIPT_KEYS).size, keys.split(",").length);
  }
});
