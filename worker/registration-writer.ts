/**
 * Writes registrations: as the item under their address or, when that is taken, as an outcome under their own id.
 * Results are reported only after they are written. Both tables use `batch-writer.ts`, each with its own breaker.
 */
import type { Outcome } from "../shared/registration/outcome.ts";
import type { Registration } from "../shared/registration/registration.ts";
import type { Rejected } from "./batch-insert.ts";
import { createBatchWriter, type Unfinished, type WriterConditions, type WriterFigures } from "./batch-writer.ts";
import type { NewOutcome, OutcomesTable, RecordResult } from "./outcomes-table.ts";
import type { RegistrationsTable, StoreResult } from "./registrations-table.ts";

export type WriteOutcome =
  | { readonly kind: "stored" }
  /** The outcome of this kind is stored under its id. */
  | { readonly kind: Outcome }
  | Rejected
  /** Not written in time. It stays in its message, which is redelivered. */
  | Unfinished;

export interface RegistrationWriter {
  /**
   * @param registrations any number, of any addresses
   * @param deadline on the clock of `now`; time with an open breaker does not count
   * @returns an outcome for each, in order; never rejects
   */
  writeAll(registrations: readonly Registration[], deadline: number): Promise<WriteOutcome[]>;
  figures(): { readonly registrations: WriterFigures; readonly outcomes: WriterFigures };
  /**
   * Stops waiting: what can be written at once is written, what is held or backing off becomes `unfinished`. Safe to
   * repeat.
   */
  close(): void;
}

export interface RegistrationWriterOptions {
  readonly table: RegistrationsTable;
  readonly outcomesTable: OutcomesTable;
  /** Of the registrations table. */
  readonly conditions: WriterConditions;
  readonly outcomesConditions: WriterConditions;
  /** Called once per newly stored registration. */
  readonly onStored: (registration: Registration) => void;
  /** Called once per newly written outcome. */
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

      /** Collects what one call has settled; the call reports its results in one turn. */
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
        // Not after the whole pack, or duplicates would show later than new addresses of the same call.
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
