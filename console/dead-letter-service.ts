/**
 * The operations on dead letters for the console. Each change is written to the audit log first, then to the record, with who
 * did it and why. The rules are those of `admin/dead-letters/`, as for the commands.
 */
import type { DeadLetterRecord } from "../shared/dead-letters/dead-letter-record.ts";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { createAuditLog, type AuditLog, type AuditLogEntry, type AuditLogWork } from "../admin/audit-log.ts";
import type { Connection } from "../terminal/connection.ts";
import { createDeadLetterStore, type DeadLetterStore } from "../shared/dead-letters/dead-letter-store.ts";
import { requireChangeable, whyUnchangeable } from "../admin/dead-letters/changeable.ts";
import { proposeEdit, type Edit, type FieldChange } from "../admin/dead-letters/edit.ts";
import { createManyDiscard, createManyEdit, type ManyAction } from "../admin/dead-letters/many.ts";
import type { ManyChange } from "../admin/dead-letters/many-change.ts";
import { createOutcomesStore } from "../admin/registrations/outcomes-store.ts";
import type { DeadLetterGroup } from "../shared/dead-letters/groups.ts";
import { bodyWithoutExpired, recordWithoutExpired } from "../shared/dead-letters/expired-answers.ts";
import { createExpiredFields, withoutExpiredFields } from "../shared/registration/answer-expiry.ts";
import { registrationIn } from "../shared/dead-letters/dead-letter-entry.ts";
import { checkReplay, checkReplays, type ReplayCheck } from "../shared/dead-letters/replay-check.ts";
import { createRowMatcher, type RowFilter } from "../admin/dead-letters/row-filter.ts";
import { createKinds, type DeadLetterKind } from "../admin/dead-letters/row-kinds.ts";
import { cursorOf, newestFirst, parseCursor } from "../admin/dead-letters/row-order.ts";
import type { DeadLetterRow } from "../admin/dead-letters/row.ts";
import { inOrderOfSubmission, selectDeadLetters, type Selector } from "../admin/dead-letters/selection.ts";
import { createSearches, type Searches } from "./searches.ts";
import { createDeadLetterIndex, type DeadLetterIndex } from "./dead-letter-index.ts";

export interface DeadLetterListing {
  /** Of all records, by reason. */
  readonly groups: readonly DeadLetterGroup[];
  /** Of those that match the filter but for its reason and detail. */
  readonly kinds: readonly DeadLetterKind[];
  /** A page of those that match the filter, newest first. */
  readonly rows: readonly DeadLetterRow[];
  /** How many match the filter. */
  readonly total: number;
  /** How many of them are open. */
  readonly open: number;
  /** How many match before this page. */
  readonly before: number;
  /** Cursors of the neighbouring pages; "" is the first page, undefined none. */
  readonly previous: string | undefined;
  readonly next: string | undefined;
  /** How many older ones are not in the list. */
  readonly omitted: number;
  /** When the table was read: milliseconds since the epoch. */
  readonly at: number;
}

/** What a replay would do. */
export interface DryRun {
  readonly ids: readonly string[];
  /** How many of them were checked: the first ones, when there are thousands. */
  readonly checked: number;
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
  /** Without the fields whose answers have expired. */
  readonly event: EventDefinition | undefined;
  readonly index: DeadLetterIndex;
  readonly searches: Searches;
  /** @param cursor of the page; undefined for the first one. @throws TURNOUT_USAGE_INVALID for a cursor that is none */
  list(filter: RowFilter, cursor: string | undefined, limit: number): Promise<DeadLetterListing>;
  /** @returns how many a selection means now, from memory */
  count(selector: Selector): Promise<number>;
  /** Without answers that have expired. @throws TURNOUT_DEAD_LETTER_UNKNOWN */
  read(id: string): Promise<{ readonly record: DeadLetterRecord; readonly body: string }>;
  /** Tells what can be done with it now, according to this version of the code. */
  capabilities(record: DeadLetterRecord, body: string): Capabilities;
  /** Tells what an edit would change. @throws as `proposeEdit`; TURNOUT_DEAD_LETTER_CHANGED when it is not open or being replayed */
  propose(record: DeadLetterRecord, body: string, changes: readonly FieldChange[]): Edit;
  /** @throws TURNOUT_DEAD_LETTER_CHANGED when somebody else changed it meanwhile */
  saveEdit(record: DeadLetterRecord, edit: Edit, why: string): Promise<void>;
  /** @throws TURNOUT_DEAD_LETTER_CHANGED when it is not open, or somebody else changed it meanwhile */
  discard(record: DeadLetterRecord, why: string): Promise<void>;
  /** Checks the records, thousands only in part, and changes nothing. @param shown number of checks to return */
  dryRun(selector: Selector, shown: number): Promise<DryRun>;
  select(selector: Selector): Promise<string[]>;
  /** Adds an entry for a change, as `AuditLog.begin`. @returns the identity, and what ends the entry */
  logBegin(line: AuditLogWork): Promise<{ readonly who: string; readonly finish: (happened: string) => Promise<void> }>;
  /** What a change does to each of many. */
  manyEdit(change: ManyChange): ManyAction;
  manyDiscard(): ManyAction;
  /** @returns the latest lines of the audit log, newest first */
  readLog(limit: number): Promise<AuditLogEntry[]>;
}

export interface DeadLetterServiceOptions {
  readonly connection: Pick<
    Connection,
    "documents" | "deadLettersTable" | "outcomesTable" | "auditLogGroup" | "identity"
  >;
  /** Answers are checked against it; undefined: only email and name are checked. */
  readonly event: EventDefinition | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
}

const maxChecked = 500;

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
  const index = createDeadLetterIndex({ store, wallClock, signal });
  const expiredFields = createExpiredFields(event);
  const expired = () => expiredFields(wallClock());
  let who: string | undefined;

  async function openLog(): Promise<{ readonly who: string; readonly log: AuditLog }> {
    who ??= await connection.identity();
    return { who, log: createAuditLog({ connection, who, wallClock }) };
  }

  const now = () => new Date(wallClock()).toISOString();

  /** As `selectDeadLetters`, from memory. */
  async function selectRecent(selector: Selector): Promise<string[]> {
    if ("ids" in selector) return [...new Set(selector.ids)];
    const { rows, omitted } = await index.snapshot();
    if (omitted > 0) return selectDeadLetters(store, selector, signal);
    return inOrderOfSubmission(rows.filter(createRowMatcher(selector.filter)));
  }

  return {
    store,
    get event() {
      return event && withoutExpiredFields(event, expired());
    },
    index,
    searches: createSearches(),
    async list(filter, cursor, limit) {
      const after = cursor === undefined ? undefined : parseCursor(cursor);
      const { rows, groups, omitted, at } = await index.snapshot();
      const matches = createRowMatcher(filter);
      const isOfAnyKind = createRowMatcher({ ...filter, reason: undefined, detail: undefined });
      const kinds = createKinds();
      const matching = rows.filter((row) => {
        if (isOfAnyKind(row)) kinds.add(row);
        return matches(row);
      });
      const found = after === undefined ? 0 : matching.findIndex((row) => newestFirst(after, row) < 0);
      const start = found < 0 ? matching.length : found;
      const page = matching.slice(start, start + limit);
      const last = page.at(-1);
      const beforePrevious = matching[start - limit - 1];
      return {
        groups,
        kinds: kinds.kinds(),
        rows: page,
        total: matching.length,
        open: matching.reduce((count, { state }) => (state === "open" ? count + 1 : count), 0),
        before: start,
        previous: start === 0 ? undefined : beforePrevious ? cursorOf(beforePrevious) : "",
        next: last && start + limit < matching.length ? cursorOf(last) : undefined,
        omitted,
        at,
      };
    },
    async count(selector) {
      if ("ids" in selector) return selector.ids.length;
      const matches = createRowMatcher(selector.filter);
      return (await index.snapshot()).rows.filter(matches).length;
    },
    async read(id) {
      const record = await store.read(id);
      if (record) {
        const over = expired();
        const body = bodyWithoutExpired(await store.readBody(record), over);
        return { record: recordWithoutExpired(record, over), body };
      }
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
      return proposeEdit(record, body, changes, event, wallClock());
    },
    async saveEdit(record, { registration, changes }, why) {
      const { id } = record;
      const { who: by, log } = await openLog();
      const fields = Object.keys(changes).join(", ");
      await log.around({ action: "edit", ids: [id], detail: `changing ${fields}`, why }, async () => {
        const entry = { at: now(), who: by, what: "edited", detail: why, changes } as const;
        if (!(await store.saveEdit(record, registration, entry))) {
          throw changed("Somebody else changed this dead letter meanwhile, or is replaying it.");
        }
        return [undefined, `changed ${fields}`];
      });
      await index.reread([id]);
    },
    async discard(record, why) {
      requireChangeable(record, "discarded", wallClock());
      const { who: by, log } = await openLog();
      await log.around({ action: "discard", ids: [record.id], detail: "discarding 1", why }, async () => {
        const entry = { at: now(), who: by, what: "discarded", detail: why } as const;
        if (!(await store.discard(record, entry))) {
          throw changed("Somebody else changed this dead letter meanwhile, or is replaying it.");
        }
        await outcomes.discard(record, entry.at);
        return [undefined, "discarded 1"];
      });
      await index.reread([record.id]);
    },
    async dryRun(selector, shown) {
      const ids = await selectRecent(selector);
      const counts = { replayable: 0, refused: 0, skipped: 0, missing: 0 };
      const checks: { id: string; kind: ReplayCheck["kind"]; detail: string }[] = [];
      // A replay checks each of them again before it sends it.
      const some = ids.slice(0, maxChecked);
      await checkReplays(store, some, { again: false, now: wallClock(), signal }, (id, check) => {
        counts[check.kind] += 1;
        if (checks.length < shown) checks.push({ id, kind: check.kind, detail: describeCheck(check) });
      });
      return { ids, checked: some.length, counts, checks };
    },
    select: (selector) => selectDeadLetters(store, selector, signal),
    async logBegin(line) {
      const { who: by, log } = await openLog();
      return { who: by, finish: await log.begin(line) };
    },
    manyEdit: (change) => createManyEdit(store, change, event, wallClock),
    manyDiscard: () => createManyDiscard(store, outcomes, wallClock),
    async readLog(limit) {
      const lines = await createAuditLog({ connection, who: "", wallClock }).read("", signal);
      return lines.toReversed().slice(0, limit);
    },
  };
}
