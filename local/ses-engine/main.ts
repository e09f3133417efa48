/**
 * The embedded SES as a process, on 127.0.0.1: sends nothing, and keeps mails in memory, to be read in its inbox. They are
 * gone when it ends.
 *
 * Environment: PORT, MAX_SEND_RATE.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { Type } from "typebox";
import { readEnv } from "../../shared/process/environment.ts";
import { loopback } from "../ports.ts";
import { defaultSettings } from "./account.ts";
import { buildSesApp } from "./app.ts";

const SesEngineConfig = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, description: "TCP port, 0 for any free one" }),
  MAX_SEND_RATE: Type.Integer({
    default: defaultSettings.maxSendRate,
    minimum: 1,
    maximum: 100_000,
    description: "mails per second",
  }),
});

const config = readEnv(SesEngineConfig, process.env);
const { app } = await buildSesApp({
  settings: { maxSendRate: config.MAX_SEND_RATE },
  now: Date.now,
  newMessageId: () => `${randomBytes(8).toString("hex")}-${randomUUID()}-000000`,
});
console.log(`listening on ${await app.listen({ port: config.PORT, host: loopback })}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void app.close().then(() => process.exit(0)));
}
