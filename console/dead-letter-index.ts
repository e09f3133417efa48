/**
 * All dead letters as rows in memory, so that a page of ten thousand does not read the table again. Read again at most
 * every few seconds and in at most a twentieth of the time, by the watch and by pages; what this console changes is read
 * at once. A small table is read for each page. Pages say how old it is; every change and every selection
 * reads the table itself.
 */
import type { DeadLetterStore } from "../shared/dead-letters/dead-letter-store.ts";
import { createDeadLetterGroups, type DeadLetterGroup } from "../shared/dead-letters/groups.ts";
import { createKinds, type DeadLetterKind } from "../admin/dead-letters/row-kinds.ts";
import { createNewestRows } from "../admin/dead-letters/row-order.ts";
import { shownAttributes } from "../shared/dead-letters/replay-records.ts";
import { readAddresses, toRow, type DeadLetterRow } from "../admin/dead-letters/row.ts";

export interface IndexSnapshot {
  /** Newest first. */
  readonly rows: readonly DeadLetterRow[];
  /** How many older ones are counted, but not held. */
  readonly omitted: number;
  readonly groups: readonly DeadLetterGroup[];
  readonly kinds: readonly DeadLetterKind[];
  /** When they were read: milliseconds since the epoch. */
  readonly at: number;
}

export interface DeadLetterIndex {
  /** @returns the rows, at most `maxRows`. @throws the SDK's error when they were never read, and cannot be */
  snapshot(): Promise<IndexSnapshot>;
  /** Reads the table again if it is time. @throws the SDK's error when DynamoDB does not answer or rejects the call */
  refresh(): Promise<IndexSnapshot>;
  /** Reads the table again now, for what many changes have left. @throws as `refresh` */
  reload(): Promise<IndexSnapshot>;
  /** Reads single records again after their change. */
  reread(ids: readonly string[]): Promise<void>;
}

export interface DeadLetterIndexOptions {
  readonly store: Pick<DeadLetterStore, "scan" | "readMany" | "readWhole">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly signal: AbortSignal;
  /** How many rows are held; about 500 bytes each. Default: 100,000. */
  readonly maxRows?: number;
}

const defaultMaxRows = 100_000;
const minAgeMs = 5_000;
const maxReadingShare = 0.05;
/** A table of so many records is read for each page. */
const smallTable = 1_000;

export function createDeadLetterIndex(options: DeadLetterIndexOptions): DeadLetterIndex {
  const { store, wallClock, signal, maxRows = defaultMaxRows } = options;
  let current: IndexSnapshot | undefined;
  let reading: Promise<IndexSnapshot> | undefined;
  let tookMs = 0;
  let readAt = -Infinity;
  /** Changed while the table is being read, which may have seen them before. */
  let touched = new Set<string>();
  /** Addresses found in bodies, by id; of the version that was read. */
  let addresses = new Map<string, { readonly version: number; readonly address: string | undefined }>();

  async function withAddresses(rows: readonly DeadLetterRow[]): Promise<DeadLetterRow[]> {
    const unknown = rows.filter(
      ({ id, version, address }) => address === undefined && addresses.get(id)?.version !== version,
    );
    const found = await readAddresses(store, unknown, signal);
    for (const { id, version } of unknown) addresses.set(id, { version, address: found.get(id) });
    return rows.map((row) => (row.address === undefined ? { ...row, address: addresses.get(row.id)?.address } : row));
  }

  function summarise(rows: readonly DeadLetterRow[], omitted: number, at: number): IndexSnapshot {
    const [groups, kinds] = [createDeadLetterGroups(), createKinds()];
    for (const row of rows) {
      groups.add(row);
      kinds.add(row);
    }
    return { rows, omitted, groups: groups.groups(), kinds: kinds.kinds(), at };
  }

  async function read(): Promise<IndexSnapshot> {
    const began = performance.now();
    touched = new Set();
    const newest = createNewestRows(maxRows, undefined);
    const [groups, kinds] = [createDeadLetterGroups(), createKinds()];
    let total = 0;
    // Equal texts of thousands of rows are held once.
    const texts = new Map<string, string>();
    const shared = (text: string) => texts.get(text) ?? (texts.set(text, text), text);
    await store.scan(
      {},
      signal,
      (records) => {
        for (const record of records) {
          const row = toRow(record);
          groups.add(row);
          kinds.add(row);
          newest.add({ ...row, detail: shared(row.detail) });
        }
        total += records.length;
      },
      shownAttributes,
    );
    const rows = await withAddresses(newest.rows());
    const kept = new Set(rows.map(({ id }) => id));
    addresses = new Map([...addresses].filter(([id]) => kept.has(id)));
    const omitted = total - rows.length;
    current = { rows, omitted, groups: groups.groups(), kinds: kinds.kinds(), at: wallClock() };
    readAt = performance.now();
    tookMs = readAt - began;
    if (touched.size > 0) await readAgain([...touched]);
    return current;
  }

  function reload(): Promise<IndexSnapshot> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  const isOld = () => performance.now() - readAt >= Math.max(minAgeMs, tookMs / maxReadingShare);

  async function readAgain(ids: readonly string[]): Promise<void> {
    if (!current) return;
    const records = await store.readMany(ids, signal);
    const changed = new Map(
      (await withAddresses([...records.values()].map((record) => toRow(record)))).map((row) => [row.id, row]),
    );
    const meant = new Set(ids);
    const rows = current.rows.flatMap((row) => (meant.has(row.id) ? (changed.get(row.id) ?? []) : [row]));
    current = summarise(rows, current.omitted, current.at);
  }

  return {
    async snapshot() {
      if (!current || current.rows.length + current.omitted <= smallTable) return reload();
      if (!isOld()) return current;
      const next = reload();
      // Whoever waits for it learns of an error; the watch shows it as well.
      next.catch(() => {});
      return current;
    },
    async refresh() {
      return current && !isOld() ? current : reload();
    },
    async reload() {
      // One that is under way may have begun before the changes.
      await reading?.catch(() => {});
      return reload();
    },
    async reread(ids) {
      for (const id of ids) touched.add(id);
      await readAgain(ids);
    },
  };
}
