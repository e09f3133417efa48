/**
 * The records that a run was started with, kept beside its record in compressed pieces that fit into items: a run that is
 * resumed replays exactly these, in this order, and not what a filter finds by then.
 */
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import { withoutAddresses } from "../../shared/process/logger.ts";
import type { DeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import type { Selector } from "../dead-letters/selection.ts";

export interface SelectedRecord {
  /** Of the dead letter: never an address. */
  readonly id: string;
  /** How often it had failed then; 0 when there is no such record. */
  readonly failures: number;
}

type Pair = readonly [id: string, failures: number];

/** At 64 characters an id, even incompressible ones stay far below DynamoDB's 400 KB per item. */
const recordsOfPiece = 4_000;

const readAtOnce = 500;

const compress = promisify(deflate);
const expand = promisify(inflate);

/** @returns each with how often it has failed so far. @throws the signal's reason; the SDK's error */
export async function asSelected(
  letters: Pick<DeadLetterStore, "readMany">,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<SelectedRecord[]> {
  const selected: SelectedRecord[] = [];
  for (let start = 0; start < ids.length; start += readAtOnce) {
    const some = ids.slice(start, start + readAtOnce);
    const records = await letters.readMany(some, signal);
    for (const id of some) selected.push({ id, failures: records.get(id)?.failures ?? 0 });
  }
  return selected;
}

/** @returns the pieces, in order */
export async function packSelection(selected: readonly SelectedRecord[]): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < selected.length; start += recordsOfPiece) {
    const pairs: Pair[] = selected.slice(start, start + recordsOfPiece).map(({ id, failures }) => [id, failures]);
    pieces.push(await compress(JSON.stringify(pairs)));
  }
  return pieces;
}

/** @param pieces in order */
export async function unpackSelection(pieces: readonly Uint8Array[]): Promise<SelectedRecord[]> {
  const selected: SelectedRecord[] = [];
  for (const piece of pieces) {
    const pairs = JSON.parse((await expand(piece)).toString("utf8")) as Pair[];
    for (const [id, failures] of pairs) selected.push({ id, failures });
  }
  return selected;
}

/** @returns the selection in words, without what somebody searched for, which may be an address */
export function describeSelection(selector: Selector): string {
  if ("ids" in selector) return selector.ids.length === 1 ? "1 chosen" : `${selector.ids.length} chosen one by one`;
  const { reason, state, since, until, detail, text } = selector.filter;
  const parts = [
    state === undefined ? "in any state" : `all ${state}`,
    ...(reason === undefined ? [] : [`reason ${reason}`]),
    ...(detail === undefined ? [] : [`detail ${JSON.stringify(withoutAddresses(detail))}`]),
    ...(since === undefined ? [] : [`failed since ${since}`]),
    ...(until === undefined ? [] : [`failed before ${until}`]),
    ...(text === undefined ? [] : ["with a text that was searched for"]),
  ];
  return parts.join(", ");
}
