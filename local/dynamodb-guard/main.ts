/** The guard of the embedded DynamoDB as a thread, so that it answers while the main thread is busy. */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { createDynamoDbGuard } from "./guard.ts";
import type { GuardOrder } from "./messages.ts";

const { host, port, engine } = workerData as GuardOrder;
const server = createDynamoDbGuard(engine).listen({ host, port, exclusive: true });
await once(server, "listening");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage("listening");
