/**
 * A batch of which only a part works: some of its entries never reach the engine, and the answer says that they failed,
 * with HTTP 200, as AWS does it. The SDK does not throw here, which is what makes it worth playing.
 */
import type { Json } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import type { Random } from "./random.ts";

export interface SpoiledBatch {
  /** What the engine gets; undefined when nothing is left for it. */
  readonly input: Json | undefined;
  /** @param answer of the engine, undefined when it was not asked. @returns what the client gets */
  complete(answer: Json | undefined): Json;
}

type PartFault = Extract<Fault, { kind: "failed-entries" | "failed-statements" }>;

interface QueueEntry {
  readonly Id: string;
}

interface Statement {
  readonly Parameters?: readonly { readonly S?: string }[];
}

function spoilEntries(input: Json, spoil: () => boolean): SpoiledBatch | undefined {
  const entries = (input.Entries ?? []) as QueueEntry[];
  const spoiled = entries.filter(spoil);
  if (spoiled.length === 0) return undefined;
  const left = entries.filter((entry) => !spoiled.includes(entry));
  const failed = spoiled.map(({ Id }) => ({ Id, Code: "InternalError", Message: "injected", SenderFault: false }));
  return {
    input: left.length === 0 ? undefined : { ...input, Entries: left },
    complete: (answer = {}) => ({
      ...answer,
      Successful: answer.Successful ?? [],
      Failed: [...((answer.Failed ?? []) as Json[]), ...failed],
    }),
  };
}

function spoilStatements(
  input: Json,
  { code, message = `injected ${code}`, done = false, email }: Extract<Fault, { kind: "failed-statements" }>,
  spoil: () => boolean,
): SpoiledBatch | undefined {
  const statements = (input.Statements ?? []) as Statement[];
  const spoiled = statements.map(
    ({ Parameters = [] }) => (email === undefined || Parameters[0]?.S === email) && spoil(),
  );
  if (!spoiled.includes(true)) return undefined;
  const failure = { Error: { Code: code, Message: message } };
  const left = done ? statements : statements.filter((_, index) => !spoiled[index]);
  return {
    input: left.length === 0 ? undefined : { ...input, Statements: left },
    complete(answer = {}) {
      const responses = (answer.Responses ?? []) as Json[];
      let next = 0;
      const merged = spoiled.map((isSpoiled) => {
        const own = done || !isSpoiled ? responses[next++] : undefined;
        return isSpoiled ? failure : own;
      });
      return { ...answer, Responses: merged };
    },
  };
}

/** @returns undefined when chance spares every entry */
export function spoilBatch(input: Json, fault: PartFault, random: Random): SpoiledBatch | undefined {
  const spoil = () => random.chance(fault.entryShare);
  return fault.kind === "failed-entries" ? spoilEntries(input, spoil) : spoilStatements(input, fault, spoil);
}
