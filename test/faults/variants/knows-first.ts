/**
 * A worker of the first release, which knows version 1 of a pack alone: to this program every other version is one that it
 * does not know.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { alterReceived, runAlteredWorker } from "./altered-worker.ts";

function disguise(message: Message): Message {
  return { ...message, ...(message.Body !== undefined && { Body: message.Body.replace('{"v":2,', '{"v":99,') }) };
}

await runAlteredWorker(alterReceived(disguise));
