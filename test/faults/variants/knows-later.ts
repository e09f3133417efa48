/**
 * A worker of the next release, which knows version 9 of a pack: there each registration has its name in `person`. It reads
 * that version by turning it into the one that the rest of the program knows, as a release would do while both are about.
 */
import type { Message } from "@aws-sdk/client-sqs";
import { alterReceived, runAlteredWorker } from "./altered-worker.ts";

interface LaterEntry {
  readonly id: string;
  readonly email: string;
  readonly submittedAt: string;
  readonly person: { readonly name: string };
}

function read(message: Message): Message {
  const { v, registrations } = JSON.parse(message.Body ?? "{}") as { v?: number; registrations?: LaterEntry[] };
  if (v !== 9 || !registrations) return message;
  const known = registrations.map(({ person: { name }, ...entry }) => ({ ...entry, name, answers: {} }));
  return { ...message, Body: JSON.stringify({ v: 1, registrations: known }) };
}

await runAlteredWorker(alterReceived(read));
