/**
 * Admits replays to the registrations table only after their record was taken over under the claim they were sent with.
 * When the claim is over, nothing is stored, since the record may have changed.
 */
import type { Registration } from "../shared/registration/registration.ts";
import type { DeadLettersTable } from "./dead-letters-table.ts";

export interface Admission {
  /** What may be stored, in order. */
  readonly registrations: readonly Registration[];
  /** How many must wait for redelivery because their records could not be reached. */
  readonly unfinished: number;
}

export interface ReplayGuard {
  /** Never rejects. Registrations that are no replays pass at once. */
  admit(registrations: readonly Registration[]): Promise<Admission>;
}

export interface ReplayGuardOptions {
  readonly records: DeadLettersTable;
  /** Called with the record id of each replay whose claim is over. */
  readonly onStale: (id: string) => void;
}

export function createReplayGuard({ records, onStale }: ReplayGuardOptions): ReplayGuard {
  async function admitReplay({ replayOf: id = "", claim }: Registration): Promise<"passes" | "ends" | "unfinished"> {
    const start = await records.begin({ id, claim });
    if (start === "stale") onStale(id);
    if (start === "unfinished") return "unfinished";
    return start === "storing" ? "passes" : "ends";
  }

  async function admit(registration: Registration): Promise<"passes" | "ends" | "unfinished"> {
    return registration.replayOf === undefined ? "passes" : admitReplay(registration);
  }

  return {
    async admit(registrations) {
      if (registrations.every(({ replayOf }) => replayOf === undefined)) return { registrations, unfinished: 0 };
      const fates = await Promise.all(registrations.map(admit));
      return {
        registrations: registrations.filter((_, index) => fates[index] === "passes"),
        unfinished: fates.filter((fate) => fate === "unfinished").length,
      };
    },
  };
}
