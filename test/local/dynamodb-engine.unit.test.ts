import { accessSync, constants } from "node:fs";
import { t } from "../equipment/file-test.ts";
import { findDynamoDbEngine } from "../../local/dynamodb-engine.ts";

t.test("the engine of this platform is found without installing anything", async (t) => {
  const install = async (name: string) => t.fail(`installed ${name}`) as never;
  const binary = await findDynamoDbEngine({ install });
  accessSync(binary, constants.X_OK);
});

t.test("on another platform its package is installed in the pinned version, once announced", async (t) => {
  const events: string[] = [];
  const options = {
    platform: "plan9",
    arch: "mips",
    onInstall: (name: string) => events.push(`announced ${name}`),
    install: async (name: string) => void events.push(`installed ${name}`),
  };
  await t.rejects(findDynamoDbEngine(options), { message: /AWS_ENDPOINT_URL_DYNAMODB/ }, "there is still no binary");
  t.strictSame(events, ["announced @dynoxide/plan9-mips@1.2.1", "installed @dynoxide/plan9-mips@1.2.1"]);
});

t.test("an install that fails names the way out, and keeps the cause", async (t) => {
  const cause = new Error("no network");
  const install = () => Promise.reject(cause);
  await t.rejects(findDynamoDbEngine({ platform: "plan9", arch: "mips", install }), {
    message: /no embedded DynamoDB for plan9-mips[^]*AWS_ENDPOINT_URL_DYNAMODB/,
    cause,
  });
});
