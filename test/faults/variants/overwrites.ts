/**
 * A worker that writes as most do, with `BatchWriteItem`, which cannot be conditional: a later registration of an address
 * overwrites the first one. The audit must see it.
 */
import { BatchWriteItemCommand, type BatchExecuteStatementCommandInput } from "@aws-sdk/client-dynamodb";
import { runAlteredWorker } from "./altered-worker.ts";

const insert = /^INSERT INTO "([^"]+)" VALUE \{(.*)\}$/;

await runAlteredWorker({
  documents(client) {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== "BatchExecuteStatementCommand") return next(args);
          const { Statements = [] } = args.input as BatchExecuteStatementCommandInput;
          const [, table = "", columns = ""] = insert.exec(Statements[0]?.Statement ?? "") ?? [];
          const names = [...columns.matchAll(/'(\w+)': \?/g)].map(([, name]) => name!);
          const puts = Statements.map(({ Parameters = [] }) => ({
            PutRequest: { Item: Object.fromEntries(names.map((name, index) => [name, Parameters[index]!])) },
          }));
          const { $metadata } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
          const output = { $metadata, Responses: Statements.map(() => ({})) };
          return { output, response: undefined };
        },
      { step: "initialize", name: "putWithoutCondition", priority: "high" },
    );
  },
});
