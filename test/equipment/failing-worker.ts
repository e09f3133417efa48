/**
 * A worker for which everything fails: it takes packs off the registrations queue and has the real collector make dead
 * letters of them, as a worker does that finds each registration wrong.
 */
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { Connection } from "../../terminal/connection.ts";
import { deadLetterAttributes } from "../../shared/dead-letters/dead-letter.ts";
import { createDeadLetterCollector } from "../../worker/dead-letter-collector.ts";
import { createDeadLettersTable } from "../../worker/dead-letters-table.ts";
import { withoutChanges } from "./change-writer.ts";
import { recordLog } from "./recorded-log.ts";

export interface FailingWorker {
  stop(): Promise<void>;
}

export function startFailingWorker({ sqs, documents, queueUrl, deadLettersTable }: Connection): FailingWorker {
  const table = createDeadLettersTable({
    documents,
    tableName: deadLettersTable,
    caller: {
      async attempt(_, call) {
        await call();
        return true;
      },
      close() {},
    },
    logger: recordLog().logger,
    wallClock: Date.now,
  });
  const { collect } = createDeadLetterCollector({ ...withoutChanges, table, wallClock: Date.now });
  let stopped = false;

  async function work(): Promise<void> {
    while (!stopped) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const message of Messages) {
        const MessageAttributes = {
          [deadLetterAttributes.reason]: { DataType: "String", StringValue: "rejected-by-table" },
          [deadLetterAttributes.detail]: { DataType: "String", StringValue: "the table rejected it again" },
        };
        await collect({ ...message, MessageAttributes });
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }));
      }
    }
  }

  const working = work();
  return {
    async stop() {
      stopped = true;
      await working;
    },
  };
}
