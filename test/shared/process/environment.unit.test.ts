import { t } from "../../equipment/file-test.ts";
import { Type } from "typebox";
import { readEnv } from "../../../shared/process/environment.ts";
import type { TurnoutError } from "../../../shared/errors.ts";

const schema = Type.Object({
  QUEUE_URL: Type.String({ pattern: "^https?://", description: "URL of the queue" }),
  SECRET: Type.String({ minLength: 8, writeOnly: true, description: "a key of 8 characters" }),
  PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535 }),
  RATIO: Type.Number({ default: 0.5, minimum: 0, maximum: 1 }),
  LEVEL: Type.Enum(["info", "debug"], { default: "info" }),
  VERBOSE: Type.Boolean({ default: false }),
  NICKNAME: Type.Optional(Type.String()),
});
const complete = { QUEUE_URL: "https://queue", SECRET: "12345678" };

function rejection(env: Record<string, string | undefined>): TurnoutError {
  try {
    readEnv(schema, env);
  } catch (error) {
    return error as TurnoutError;
  }
  throw new Error("the environment was taken");
}

t.test("values come typed, with the defaults of what is not set, and cannot be changed", async (t) => {
  const config = readEnv(schema, { ...complete, PORT: "0", RATIO: "0.25", VERBOSE: "true", UNRELATED: "x" });
  t.same(config, { ...complete, PORT: 0, RATIO: 0.25, LEVEL: "info", VERBOSE: true });
  t.ok(Object.isFrozen(config));
  t.throws(() => Object.assign(config, { PORT: 1 }), TypeError);
});

t.test("an empty value counts as not set", async (t) => {
  t.equal(readEnv(schema, { ...complete, PORT: "" }).PORT, 8080);
  t.match(rejection({ ...complete, QUEUE_URL: "" }).validationErrors, [
    { pointer: "/QUEUE_URL", detail: /is not set/ },
  ]);
});

t.test("all errors are told in one message: the variable, what was given, what is allowed", async (t) => {
  const error = rejection({ QUEUE_URL: "queue", PORT: "65536", RATIO: "half", LEVEL: "loud", VERBOSE: "yes" });
  t.equal(error.code, "TURNOUT_ENVIRONMENT_INVALID");
  t.equal(error.retryable, false);
  t.same(
    error.validationErrors.map(({ pointer }) => pointer),
    ["/QUEUE_URL", "/SECRET", "/PORT", "/RATIO", "/LEVEL", "/VERBOSE"],
  );
  for (const part of [
    /6 error\(s\)/,
    /QUEUE_URL was "queue".*URL of the queue/,
    /SECRET is not set: a key of 8 characters/,
    /PORT was "65536", allowed is a whole number, at least 0, at most 65535/,
    /RATIO was "half", allowed is a number, at least 0, at most 1/,
    /LEVEL was "loud".*one of info, debug/,
    /VERBOSE was "yes", allowed is a boolean/,
  ]) {
    t.match(error.message, part);
  }
});

t.test("a secret is never shown, not even a wrong one", async (t) => {
  const error = rejection({ ...complete, SECRET: "hunter2" });
  t.match(error.message, /SECRET was a value that is not shown/);
  t.notMatch(`${error.message}${error.stack}${JSON.stringify(error.validationErrors)}`, /hunter2/);
  t.match(rejection({ ...complete, QUEUE_URL: "hunter2" }).message, /hunter2/, "control: what is no secret is shown");
});

t.test("a number is read as people write one, and as nothing else", async (t) => {
  const port = (text: string) => readEnv(schema, { ...complete, PORT: text }).PORT;
  t.equal(port("3000"), 3000);
  t.equal(port("03000"), 3000);
  for (const text of [
    "1e3",
    "0x10",
    " 80",
    "80 ",
    "8_0",
    "+80",
    "-1",
    "80.5",
    "NaN",
    "Infinity",
    "9".repeat(400),
    "٣",
  ]) {
    t.throws(() => port(text), { code: "TURNOUT_ENVIRONMENT_INVALID" }, text.slice(0, 20));
  }
});

t.test("what a shell could smuggle into the message stays on its line", async (t) => {
  const { message } = rejection({ ...complete, PORT: "1\n  - SECRET was fine\x1b[2J" });
  t.equal(message.split("\n").length, 2);
  t.notMatch(message, /\x1b/);
});
