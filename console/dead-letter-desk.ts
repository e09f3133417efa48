/**
 * What an admin does with dead letters from the console: each change goes to the audit log first, then to the record, with
 * who and why. The rules are those of `admin/dead-letters/`, as for the command.
 */
import type { DeadLetterRecord } from "../shared/dead-letters/dead-letter-record.ts";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { createAuditLog, type AdminAction, type AuditLogEntry } from "../admin/audit-log.ts";
import type { Connection } from "../terminal/connection.ts";
import type { DeadLetterSummary } from "../shared/dead-letters/replay-records.ts";
import {
  createDeadLetterStore,
  type DeadLetterFilter,
  type DeadLetterStore,
} from "../shared/dead-letters/dead-letter-store.ts";
import { requireChangeable, whyUnchangeable } from "../admin/dead-letters/changeable.ts";
import { proposeEdit, type Edit, type FieldChange } from "../admin/dead-letters/edit.ts";
import { createOutcomesStore } from "../admin/registrations/outcomes-store.ts";
import { createDeadLetterGroups, type DeadLetterGroup } from "../shared/dead-letters/groups.ts";
import { createNewest } from "../shared/dead-letters/newest.ts";
import { registrationIn } from "../shared/dead-letters/dead-letter-entry.ts";
import { checkReplay, checkReplays, type ReplayCheck } from "../shared/dead-letters/replay-check.ts";
import { selectDeadLetters, type Selector } from "../admin/dead-letters/selection.ts";

export interface DeadLetterListing {
  /** All there are, by reason. */
  readonly groups: readonly DeadLetterGroup[];
  /** The newest that pass the filter. */
  readonly records: readonly DeadLetterSummary[];
  /** How many pass it. */
  readonly total: number;
}

/** What a replay of these would do. */
export interface ReplayForecast {
  readonly ids: readonly string[];
  readonly counts: Readonly<Record<ReplayCheck["kind"], number>>;
  /** The first ones. */
  readonly checks: readonly { readonly id: string; readonly kind: ReplayCheck["kind"]; readonly detail: string }[];
}

/** What may be done with one record at this moment. */
export interface Standing {
  /** What a replay would do with it. */
  readonly check: ReplayCheck;
  /** Whether a registration can be read. */
  readonly readable: boolean;
  /** Whether it may be edited or discarded. */
  readonly changeable: boolean;
}

export interface DeadLetterDesk {
  readonly store: DeadLetterStore;
  readonly event: EventDefinition | undefined;
  list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterListing>;
  /** @throws TURNOUT_DEAD_LETTER_UNKNOWN */
  read(id: string): Promise<{ readonly record: DeadLetterRecord; readonly body: string }>;
  /** Says what may be done with it now, by the code of today. */
  standing(record: DeadLetterRecord, body: string): Standing;
  /** Says what an edit would change. @throws what `proposeEdit` throws, TURNOUT_DEAD_LETTER_CHANGED when it is not open or somebody replays it */
  propose(record: DeadLetterRecord, body: string, changes: readonly FieldChange[]): Edit;
  /** @throws TURNOUT_DEAD_LETTER_CHANGED when somebody was faster */
  saveEdit(record: DeadLetterRecord, edit: Edit, why: string): Promise<void>;
  /** @throws TURNOUT_DEAD_LETTER_CHANGED when it is not open, or somebody was faster */
  discard(record: DeadLetterRecord, why: string): Promise<void>;
  /** Reads and checks each of them, and changes nothing. @param shown how many are told one by one */
  forecast(selector: Selector, shown: number): Promise<ReplayForecast>;
  select(selector: Selector): Promise<string[]>;
  /** Adds a line to the audit log. @returns who it is that does it */
  log(action: AdminAction, ids: readonly string[], detail: string, why: string): Promise<string>;
  /** @returns the latest lines of the audit log, latest first */
  readLog(limit: number): Promise<AuditLogEntry[]>;
}

export interface DeadLetterDeskOptions {
  readonly connection: Pick<Connection, "documents" | "deadLettersTable" | "outcomesTable" | "identity">;
  /** Against which answers are checked; undefined for no more than what every event asks. */
  readonly event: EventDefinition | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
}

function changed(message: string): TurnoutError {
  return new TurnoutError("TURNOUT_DEAD_LETTER_CHANGED", message);
}

function wordsFor(check: ReplayCheck): string {
  if (check.kind === "replayable") return "would be sent";
  // The check itself speaks of the command here.
  if (check.kind === "refused" && !check.record.registration) return "holds no valid registration: open it and mend it";
  return check.detail;
}

export function createDeadLetterDesk(options: DeadLetterDeskOptions): DeadLetterDesk {
  const { connection, event, wallClock, signal } = options;
  const { documents, deadLettersTable: tableName } = connection;
  const store = createDeadLetterStore(documents, tableName);
  const outcomes = createOutcomesStore(documents, connection.outcomesTable);
  let who: string | undefined;

  async function logAs(action: AdminAction, ids: readonly string[], detail: string, why: string): Promise<string> {
    who ??= await connection.identity();
    await createAuditLog({ documents, tableName, who, wallClock }).add({ action, ids, detail, why });
    return who;
  }

  const now = () => new Date(wallClock()).toISOString();

  return {
    store,
    event,
    async list(filter, limit) {
      const groups = createDeadLetterGroups();
      const newest = createNewest<DeadLetterSummary>(limit, (record) => record.lastFailedAt);
      let total = 0;
      await store.scan({}, signal, (records) => {
        for (const record of records) {
          groups.add(record);
          if (filter.reason !== undefined && record.reason !== filter.reason) continue;
          if (filter.state !== undefined && record.state !== filter.state) continue;
          newest.add(record);
          total += 1;
        }
      });
      return { groups: groups.groups(), records: newest.items(), total };
    },
    async read(id) {
      const record = await store.read(id);
      if (record) return { record, body: await store.readBody(record) };
      throw new TurnoutError("TURNOUT_DEAD_LETTER_UNKNOWN", `There is no dead letter ${JSON.stringify(id)}.`);
    },
    standing(record, body) {
      const registration = record.registration ?? registrationIn(body);
      const known = registration ? { ...record, registration } : record;
      return {
        check: checkReplay(known, { again: false, now: wallClock() }),
        readable: registration !== undefined,
        changeable: whyUnchangeable(record, wallClock()) === undefined,
      };
    },
    propose(record, body, changes) {
      requireChangeable(record, "edited", wallClock());
      return proposeEdit(record, body, changes, event);
    },
    async saveEdit(record, { registration, changes }, why) {
      const { id } = record;
      const by = await logAs("edit", [id], `changes ${Object.keys(changes).join(", ")}`, why);
      const entry = { at: now(), who: by, what: "edited", detail: why, changes } as const;
      if (!(await store.saveEdit(record, registration, entry))) {
        throw changed("Somebody changed this dead letter meanwhile, or replays it. Go back and look at it again.");
      }
    },
    async discard(record, why) {
      requireChangeable(record, "discarded", wallClock());
      const by = await logAs("discard", [record.id], "discards 1", why);
      const entry = { at: now(), who: by, what: "discarded", detail: why } as const;
      if (!(await store.discard(record, entry))) {
        throw changed("Somebody changed this dead letter meanwhile, or replays it. Go back and look at it again.");
      }
      await outcomes.discard(record, entry.at);
    },
    async forecast(selector, shown) {
      const ids = await selectDeadLetters(store, selector, signal);
      const counts = { replayable: 0, refused: 0, skipped: 0, missing: 0 };
      const checks: { id: string; kind: ReplayCheck["kind"]; detail: string }[] = [];
      await checkReplays(store, ids, { again: false, now: wallClock(), signal }, (id, check) => {
        counts[check.kind] += 1;
        if (checks.length < shown) checks.push({ id, kind: check.kind, detail: wordsFor(check) });
      });
      return { ids, counts, checks };
    },
    select: (selector) => selectDeadLetters(store, selector, signal),
    log: logAs,
    async readLog(limit) {
      const lines = await createAuditLog({ documents, tableName, who: "", wallClock }).read("", signal);
      return lines.toReversed().slice(0, limit);
    },
  };
}
