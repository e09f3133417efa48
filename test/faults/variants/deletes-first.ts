/** A worker that deletes what it receives before it has stored it, as "auto-acknowledge" does: the audit must miss some. */
import { DeleteMessageBatchCommand, type ReceiveMessageCommandOutput } from "@aws-sdk/client-sqs";
import { runAlteredWorker } from "./altered-worker.ts";

await runAlteredWorker({
  sqs(client) {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const result = await next(args);
          if (commandName !== "ReceiveMessageCommand") return result;
          const { Messages = [] } = result.output as ReceiveMessageCommandOutput;
          const { QueueUrl } = args.input as { QueueUrl: string };
          if (Messages.length > 0) {
            const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
            await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })).catch(() => undefined);
          }
          return result;
        },
      { step: "initialize", name: "deleteWhatIsReceived" },
    );
  },
});
