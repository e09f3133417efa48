/**
 * Writes registrations: as the item under their address, or, for each that did not become that item, as an outcome under
 * its own id. Nobody is told what became of a registration before it is written. Both tables are written by the group
 * commit of `batch-writer.ts`, each with a breaker of its own.
 */
import type { Outcome } from "../shared/registration/outcome.ts";
import type { Registration } from "../shared/registration/registration.ts";
import type { Rejected } from "./batch-insert.ts";
import { createBatchWriter, type Unfinished, type WriterConditions, type WriterFigures } from "./batch-writer.ts";
import type { NewOutcome, OutcomesTable, RecordResult } from "./outcomes-table.ts";
import type { RegistrationsTable, StoreResult } from "./registrations-table.ts";

export type WriteOutcome =
  | { readonly kind: "stored" }
  /** An outcome of this kind stands under its id. */
  | { readonly kind: Outcome }
  | Rejected
  /** Not written in time. It stays in its message, which comes again. */
  | Unfinished;

export interface RegistrationWriter {
  /**
   * @param registrations any number, of any addresses
   * @param deadline when to give up, on the clock of `now`; while a breaker is not closed, time does not count
   * @returns an outcome for each, in order; never rejects
   */
  writeAll(registrations: readonly Registration[], deadline: number): Promise<WriteOutcome[]>;
  figures(): { readonly registrations: WriterFigures; readonly outcomes: WriterFigures };
  /**
   * From now on nothing is waited for: what can be written at once is, what is held or backs off comes out `unfinished`.
   * Calling it again does nothing.
   */
  close(): void;
}

export interface RegistrationWriterOptions {
  readonly table: RegistrationsTable;
  readonly outcomesTable: OutcomesTable;
  /** Of the registrations table. */
  readonly conditions: WriterConditions;
  readonly outcomesConditions: WriterConditions;
  /** Told of each registration that is stored for the first time. */
  readonly onStored: (registration: Registration) => void;
  /** Told of each outcome that is written for the first time. */
  readonly onOutcome: (outcome: Outcome) => void;
}

const unfinished: Unfinished = { kind: "unfinished" };

export function createRegistrationWriter(options: RegistrationWriterOptions): RegistrationWriter {
  const { table, outcomesTable, conditions, outcomesConditions, onStored, onOutcome } = options;
  const items = createBatchWriter<Registration, StoreResult>({
    ...conditions,
    keyOf: ({ email }) => email,
    write: table.insert,
    follow: table.follow,
    onResult(registration, result) {
      if (result.kind === "stored" && result.fresh) onStored(registration);
    },
  });
  const outcomes = createBatchWriter<NewOutcome, RecordResult>({
    ...outcomesConditions,
    keyOf: ({ id }) => id,
    write: outcomesTable.record,
    follow: (_leader, result) => result,
    onResult({ outcome }, result) {
      if (result.kind === "recorded" && result.fresh) onOutcome(outcome);
    },
  });

  return {
    async writeAll(registrations, deadline) {
      const written: WriteOutcome[] = [];
      const recording: Promise<void>[] = [];
      let owed: NewOutcome[] = [];
      let owedAt: number[] = [];

      async function record(some: readonly NewOutcome[], places: readonly number[]): Promise<void> {
        const recorded = await outcomes.writeAll(some, deadline);
        for (const [place, index] of places.entries())
          if (recorded[place]?.kind !== "recorded") written[index] = unfinished;
      }

      /** Together what one call of the items has settled: it tells of them one after the other, in one turn. */
      function recordOwed(): void {
        if (owed.length === 0) return;
        recording.push(record(owed, owedAt));
        [owed, owedAt] = [[], []];
      }

      await items.writeAll(registrations, deadline, (index, result) => {
        if (result.kind !== "outcome") {
          written[index] = result;
          return;
        }
        const { outcome, duplicateOf, settled, triedAt } = result;
        written[index] = { kind: outcome };
        const registration = registrations[index];
        if (settled || !registration) return;
        // Not only when the whole pack is through, or a duplicate would show later than who is new in the same call.
        if (owed.length === 0) queueMicrotask(recordOwed);
        owed.push({
          id: registration.id,
          outcome,
          triedAt,
          ...(duplicateOf !== undefined && { duplicateOf }),
        });
        owedAt.push(index);
      });
      recordOwed();
      await Promise.all(recording);
      return written;
    },
    figures: () => ({ registrations: items.figures(), outcomes: outcomes.figures() }),
    close() {
      items.close();
      outcomes.close();
    },
  };
}
