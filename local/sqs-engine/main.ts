/**
 * The embedded SQS as a process: fauxqs on 127.0.0.1 with its messages in a folder, so that they survive a kill and
 * restart.
 *
 * Environment: PORT, DATA_FOLDER, AWS_REGION.
 */
import { startFauxqs } from "fauxqs";
import { Type } from "typebox";
import { readEnv } from "../../shared/process/environment.ts";
import { loopback } from "../ports.ts";
import { rejectBrowsers } from "./browser-guard.ts";
import { listenOnLoopbackOnly } from "./loopback.ts";

const SqsEngineConfig = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, description: "TCP port, 0 for any free one" }),
  DATA_FOLDER: Type.String({ minLength: 1, description: "folder in which queues and messages are kept" }),
  AWS_REGION: Type.String({ minLength: 1, description: "region of the queues" }),
});

// Its files hold attendee data, and it sets no mode.
process.umask(0o077);
const config = readEnv(SqsEngineConfig, process.env);
listenOnLoopbackOnly();
rejectBrowsers();
const server = await startFauxqs({
  port: config.PORT,
  dataDir: config.DATA_FOLDER,
  defaultRegion: config.AWS_REGION,
  logger: false,
});
if (new URL(server.address).hostname !== loopback) {
  await server.stop();
  throw new Error(`The embedded SQS listened on ${server.address} and not on ${loopback}; it was stopped.`);
}
console.log(`listening on ${server.address}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void server.stop().then(() => process.exit(0)));
}
