/**
 * A worker that tells some people nothing: of every few mail packs it takes one for sent, as whoever sends without waiting
 * for the answer may. The audit must miss their mails.
 */
import type { SendMessageCommandOutput } from "@aws-sdk/client-sqs";
import { runAlteredWorker } from "./altered-worker.ts";

const keptOf = 3;
let packs = 0;

await runAlteredWorker({
  sqs(client) {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const { QueueUrl = "" } = args.input as { QueueUrl?: string };
          if (commandName !== "SendMessageCommand" || QueueUrl !== process.env.MAIL_QUEUE_URL) return next(args);
          packs += 1;
          if (packs % keptOf !== 0) return next(args);
          const output: SendMessageCommandOutput = {
            MessageId: "none",
            $metadata: { httpStatusCode: 200, attempts: 1 },
          };
          return { output, response: undefined };
        },
      { step: "initialize", name: "forgetMails", priority: "high" },
    );
  },
});
