/**
 * A worker of the next release, which knows version 2 of a pack: there each registration has its name in `person`. It reads
 * that version by turning it into the one that the rest of the program knows, as a release would do while both are about.
 */
import type { Message, ReceiveMessageCommandOutput } from "@aws-sdk/client-sqs";
import { runAlteredWorker } from "./altered-worker.ts";

interface LaterEntry {
  readonly id: string;
  readonly email: string;
  readonly submittedAt: string;
  readonly person: { readonly name: string };
}

function read(message: Message): Message {
  const { v, registrations } = JSON.parse(message.Body ?? "{}") as { v?: number; registrations?: LaterEntry[] };
  if (v !== 2 || !registrations) return message;
  const known = registrations.map(({ person: { name }, ...entry }) => ({ ...entry, name, answers: {} }));
  return { ...message, Body: JSON.stringify({ v: 1, registrations: known }) };
}

await runAlteredWorker({
  sqs(client) {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const result = await next(args);
          if (commandName !== "ReceiveMessageCommand") return result;
          const output = result.output as ReceiveMessageCommandOutput;
          return { ...result, output: { ...output, Messages: output.Messages?.map(read) } };
        },
      // After the SDK has checked the bodies as they came.
      { step: "initialize", name: "readVersionTwo", priority: "high" },
    );
  },
});
