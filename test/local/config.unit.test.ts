import { t } from "../equipment/file-test.ts";
import { LocalConfig } from "../../local/config.ts";
import { readEnv } from "../../shared/process/environment.ts";

t.test("the ports of the contract are the defaults", async (t) => {
  t.match(readEnv(LocalConfig, {}), {
    WEB_PORT: 3000,
    WORKER_PORT: 3001,
    SQS_PORT: 3003,
    DYNAMODB_PORT: 3004,
    MAIL_PORT: 3005,
  });
});

t.test("every error is told at once", async (t) => {
  t.throws(() => readEnv(LocalConfig, { WEB_PORT: "eighty", SQS_PORT: "70000", AWS_ENDPOINT_URL_SQS: "here" }), {
    code: "TURNOUT_ENVIRONMENT_INVALID",
    validationErrors: [{ pointer: "/WEB_PORT" }, { pointer: "/SQS_PORT" }, { pointer: "/AWS_ENDPOINT_URL_SQS" }],
  });
});
