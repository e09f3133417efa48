/**
 * The operations on dead letters for the console. Each change is written to the audit log first, then to the record, with who
 * did it and why. The rules are those of `admin/dead-letters/`, as for the commands.
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
  /** Of all records, by reason. */
  readonly groups: readonly DeadLetterGroup[];
  /** The newest ones that match the filter. */
  readonly records: readonly DeadLetterSummary[];
  /** How many match the filter. */
  readonly total: number;
}

/** What a replay would do. */
export interface DryRun {
  readonly ids: readonly string[];
  readonly counts: Readonly<Record<ReplayCheck["kind"], number>>;
  /** Of the first ones. */
  readonly checks: readonly { readonly id: string; readonly kind: ReplayCheck["kind"]; readonly detail: string }[];
}

/** What can be done with a record now. */
export interface Capabilities {
  /** What a replay would do with it. */
  readonly check: ReplayCheck;
  /** Whether a registration can be read. */
  readonly readable: boolean;
  /** Whether it may be edited or discarded. */
  readonly changeable: boolean;
}

export interface DeadLetterService {
  readonly store: DeadLetterStore;
  readonly event: EventDefinition | undefined;
  list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterListing>;
  /** @throws TURNOUT_DEAD_LETTER_UNKNOWN */
  read(id: string): Promise<{ readonly record: DeadLetterRecord; readonly body: string }>;
  /** Tells what can be done with it now, according to this version of the code. */
  capabilities(record: DeadLetterRecord, body: string): Capabilities;
  /** Tells what an edit would change. @throws as `proposeEdit`; TURNOUT_DEAD_LETTER_CHANGED when it is not open or being replayed */
  propose(record: DeadLetterRecord, body: string, changes: readonly FieldChange[]): Edit;
  /** @throws TURNOUT_DEAD_LETTER_CHANGED when somebody else changed it meanwhile */
  saveEdit(record: DeadLetterRecord, edit: Edit, why: string): Promise<void>;
  /** @throws TURNOUT_DEAD_LETTER_CHANGED when it is not open, or somebody else changed it meanwhile */
  discard(record: DeadLetterRecord, why: string): Promise<void>;
  /** Checks each record and changes nothing. @param shown number of checks to return */
  dryRun(selector: Selector, shown: number): Promise<DryRun>;
  select(selector: Selector): Promise<string[]>;
  /** Adds a line to the audit log. @returns the identity it was logged under */
  log(action: AdminAction, ids: readonly string[], detail: string, why: string): Promise<string>;
  /** @returns the latest lines of the audit log, newest first */
  readLog(limit: number): Promise<AuditLogEntry[]>;
}

export interface DeadLetterServiceOptions {
  readonly connection: Pick<Connection, "documents" | "deadLettersTable" | "outcomesTable" | "identity">;
  /** Answers are checked against it; undefined: only email and name are checked. */
  readonly event: EventDefinition | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
}

function changed(message: string): TurnoutError {
  return new TurnoutError("TURNOUT_DEAD_LETTER_CHANGED", message);
}

function describeCheck(check: ReplayCheck): string {
  if (check.kind === "replayable") return "would be sent";
  // The detail of this check mentions the command line.
  if (check.kind === "refused" && !check.record.registration)
    return "contains no valid registration: open it and correct it";
  return check.detail;
}

export function createDeadLetterService(options: DeadLetterServiceOptions): DeadLetterService {
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
    capabilities(record, body) {
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
        throw changed("Somebody else changed this dead letter meanwhile, or is replaying it. Go back and reload it.");
      }
    },
    async discard(record, why) {
      requireChangeable(record, "discarded", wallClock());
      const by = await logAs("discard", [record.id], "discards 1", why);
      const entry = { at: now(), who: by, what: "discarded", detail: why } as const;
      if (!(await store.discard(record, entry))) {
        throw changed("Somebody else changed this dead letter meanwhile, or is replaying it. Go back and reload it.");
      }
      await outcomes.discard(record, entry.at);
    },
    async dryRun(selector, shown) {
      const ids = await selectDeadLetters(store, selector, signal);
      const counts = { replayable: 0, refused: 0, skipped: 0, missing: 0 };
      const checks: { id: string; kind: ReplayCheck["kind"]; detail: string }[] = [];
      await checkReplays(store, ids, { again: false, now: wallClock(), signal }, (id, check) => {
        counts[check.kind] += 1;
        if (checks.length < shown) checks.push({ id, kind: check.kind, detail: describeCheck(check) });
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
