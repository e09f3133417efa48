/**
 * The audit's decisions, without I/O: it is given ledger, dead letters, outcomes, registrations and mails, in this
 * order, and says what became of every accepted registration and change.
 *
 * Each accepted id counts once, in this order: `stored` (an item has this id), `erased` and `withdrawn` (by outcome or
 * tombstone), `duplicate` (by its outcome, or another sent id holds its address), `deadLettered`, `queued` (only while
 * not drained), `lost`.
 *
 * Outcomes come from the worker, which is what is checked. So they count only when a registration or tombstone exists
 * under the address: a worker that calls everything a duplicate loses everything.
 *
 * Counts as Jepsen's total-queue checker, but stricter: duplicate, changed or unexpected items fail as well.
 *
 * What an accepted correction demands is in `correction-history.ts`. An accepted withdrawal demands the outcome
 * `withdrawn`, unless a change with a claim to the mailbox stands against one without. A change that an open dead letter
 * may hold demands nothing.
 *
 * About 150 bytes per attempt, in flat arrays, so that millions fit.
 */
import { mailKey } from "../../shared/mail/mail-pack.ts";
import type { ChangeLine } from "./ledger.ts";
import { contentDigest } from "./content-digest.ts";
import {
  createCorrectionHistory,
  isClaimed,
  rankOf,
  submittedRank,
  type ContentVerdict,
} from "./correction-history.ts";
import { hasPossibleTimes, type StoredItem } from "./evidence.ts";
import { createKeyIndex } from "./key-index.ts";
import { createNumberColumn } from "./number-column.ts";
import { createSeenFlags, seen } from "./seen.ts";
import type { Checker, CheckerOptions, Verdict } from "./verdict.ts";

type Fate = "stored" | "erased" | "withdrawn" | "duplicates" | "deadLettered" | "queued" | "lost";

const maxExamples = 20;

const sent = seen.accepted | seen.unknown;
const noHolder = 0;
const strangerHolds = -1;
const tombstoneHolds = -2;
const confirmationPrefix = mailKey({ kind: "confirmed", id: "" });

export function createChecker(options: CheckerOptions = {}): Checker {
  const { othersAllowed = false, notCompared = new Set<string>(), overdue = new Set<string>() } = options;
  const ids = createKeyIndex();
  const people = createKeyIndex();
  const { mark, has } = createSeenFlags();
  const personOf = createNumberColumn((length) => new Int32Array(length));
  const startedAt = createNumberColumn((length) => new Float64Array(length), Infinity);
  const confirmedAt = createNumberColumn((length) => new Float64Array(length), Infinity);
  const content = createNumberColumn((length) => new Float64Array(length), -1);
  /** Further contents sent with an id: only by a faulty client. */
  const furtherContents = new Map<number, Set<number>>();
  const corrections = createCorrectionHistory();
  let acceptedCorrections = 0;
  /** By person: 1 where an address was free again after an erasure or a withdrawal. */
  const freed = createNumberColumn((length) => new Uint16Array(length));
  /** By person: the number of the id in the table, plus one. */
  const holder = createNumberColumn((length) => new Int32Array(length), noHolder);
  /** Ids created when an admin completed an unreadable body. */
  const mended = new Set<string>();
  const validationErrors = { storedTwice: 0, unexpected: 0, corrupt: 0, others: 0, expiredAnswersKept: 0 };
  const examples = {
    storedTwice: [] as string[],
    unexpected: [] as string[],
    corrupt: [] as string[],
    expiredAnswersKept: [] as string[],
  };

  function find(kind: keyof typeof examples, id: string): void {
    validationErrors[kind] += 1;
    if (examples[kind].length < maxExamples) examples[kind].push(id);
  }

  function checkContent(number: number, { name, answers, changedAt, mailbox }: StoredItem): ContentVerdict {
    const stored = contentDigest(name, answers, notCompared);
    const asSubmitted = content.get(number) === stored || (furtherContents.get(number)?.has(stored) ?? false);
    const rank =
      changedAt === undefined
        ? submittedRank
        : rankOf(typeof changedAt === "string" ? changedAt : "", mailbox === true);
    if (isClaimed(rank)) mark(number, seen.storedClaimed);
    return corrections.check(number, { content: stored, rank, asSubmitted });
  }

  function noteChange(number: number, line: ChangeLine): void {
    if (line.outcome === "rejected") return;
    // Whoever has a receipt has sent it, even if that ledger line is missing.
    mark(number, seen.unknown);
    startedAt.set(number, Math.min(startedAt.get(number), line.startedAt));
    const accepted = line.outcome === "accepted";
    const mailbox = line.mailbox === true;
    if (line.change === "withdrawal") {
      mark(number, seen.withdrawalSent);
      if (accepted) mark(number, mailbox ? seen.withdrawalAccepted | seen.withdrawalClaimed : seen.withdrawalAccepted);
      return;
    }
    if (accepted) acceptedCorrections += 1;
    const { name, answers, changedAt } = line;
    corrections.add(number, { content: contentDigest(name, answers, notCompared), accepted, mailbox, changedAt });
  }

  /** Whether an accepted change has no effect on it, and nothing explains that. */
  function isStale(number: number, fate: Fate): boolean {
    if (has(number, seen.deadLettered)) return false;
    if (fate === "stored" && has(number, seen.stale)) return true;
    if (!has(number, seen.withdrawalAccepted)) return false;
    if (fate === "duplicates") return true;
    return fate === "stored" && !(has(number, seen.storedClaimed) && !has(number, seen.withdrawalClaimed));
  }

  function checkUnexpected(item: StoredItem): void {
    const person = people.find(item.email);
    if (person >= 0) holder.set(person, strangerHolds);
    if (mended.has(item.registrationId)) return;
    if (othersAllowed) validationErrors.others += 1;
    else find("unexpected", item.registrationId);
  }

  function isLegitimate(holding: number): boolean {
    return holding === strangerHolds ? othersAllowed : holding !== noHolder && has(holding - 1, sent);
  }

  function isOverwritten(number: number): boolean {
    if (has(number, seen.erased | seen.withdrawn)) return false;
    // A duplicate of a registration that was withdrawn since: the address was free for whoever holds it now.
    if (has(number, seen.duplicate) && freed.get(personOf.get(number)) === 1) return false;
    const holding = holder.get(personOf.get(number));
    return holding > 0 && holding - 1 !== number && startedAt.get(holding - 1) > confirmedAt.get(number);
  }

  function fateOf(number: number, drained: boolean): Fate {
    if (has(number, seen.stored)) return "stored";
    const holding = holder.get(personOf.get(number));
    const isBacked = holding === tombstoneHolds || isLegitimate(holding);
    if (isBacked && has(number, seen.erased)) return "erased";
    if (isBacked && has(number, seen.withdrawn)) return "withdrawn";
    if (isLegitimate(holding) || (isBacked && has(number, seen.duplicate))) return "duplicates";
    if (has(number, seen.deadLettered)) return "deadLettered";
    return drained ? "lost" : "queued";
  }

  function getsMail(number: number): boolean {
    return has(number, seen.stored) && has(number, sent);
  }

  function owesMail(number: number): boolean {
    return getsMail(number) && !has(number, seen.mailSent | seen.mailExplained);
  }

  return {
    attempt(line) {
      const number = ids.add(line.id);
      const person = people.add(line.email);
      personOf.set(number, person);
      if (line.outcome === "confirmed") {
        confirmedAt.set(number, Math.min(confirmedAt.get(number), line.at));
        // Whoever has a status has sent it, even if that ledger line is missing.
        startedAt.set(number, Math.min(startedAt.get(number), line.at));
        mark(number, seen.unknown);
        return;
      }
      if (line.change !== undefined) {
        noteChange(number, line);
        return;
      }
      mark(number, seen[line.outcome]);
      startedAt.set(number, Math.min(startedAt.get(number), line.startedAt));
      const given = contentDigest(line.name, line.answers, notCompared);
      const first = content.get(number);
      if (first === -1) content.set(number, given);
      else if (first !== given) {
        const further = furtherContents.get(number);
        if (further) further.add(given);
        else furtherContents.set(number, new Set([given]));
      }
    },
    deadLetter({ id, registrationId, state, edited }) {
      if (edited && registrationId !== undefined) mended.add(registrationId);
      for (const name of new Set([id, registrationId ?? id])) {
        const number = ids.find(name);
        if (number < 0) continue;
        mark(number, seen.recorded);
        if (edited) mark(number, seen.edited);
        // Resolved means stored or duplicate, so the table must show it. Only an edited one may have moved to another
        // address, where it is a duplicate.
        if (state !== "resolved" || edited) mark(number, seen.deadLettered);
      }
    },
    outcome({ id, outcome }) {
      const number = ids.find(id);
      // A discarded registration is a dead letter whose record is kept.
      if (number < 0 || outcome === "discarded") return;
      mark(number, seen[outcome]);
      if (outcome !== "duplicate") freed.set(personOf.get(number), 1);
    },
    buried({ email, registrationId, tombstone }) {
      const number = ids.find(registrationId);
      if (number >= 0) mark(number, seen[tombstone]);
      const person = people.find(email);
      if (person < 0) return;
      holder.set(person, tombstoneHolds);
      freed.set(person, 1);
    },
    stored(item) {
      const answers = Object.keys(item.answers ?? {});
      if (answers.some((id) => overdue.has(id))) find("expiredAnswersKept", item.registrationId);
      const number = ids.find(item.registrationId);
      if (number < 0) return checkUnexpected(item);
      if (has(number, seen.stored)) find("storedTwice", item.registrationId);
      // An admin may have corrected the address before the erasure; the other address may exist.
      else if (has(number, seen.erased | seen.withdrawn) && !has(number, seen.edited)) {
        find("unexpected", item.registrationId);
      } else if (!has(number, sent)) find("unexpected", item.registrationId);
      mark(number, seen.stored);
      const person = people.find(item.email);
      if (person >= 0) holder.set(person, number + 1);
      const verdict = checkContent(number, item);
      const isEdited = has(number, seen.edited);
      const asSent = isEdited || (person === personOf.get(number) && verdict !== "corrupt");
      if (!asSent || !hasPossibleTimes(item)) find("corrupt", item.registrationId);
      else if (!isEdited && verdict === "stale") mark(number, seen.stale);
    },
    mail({ id, outcome }) {
      if (outcome === undefined || !id.startsWith(confirmationPrefix)) return;
      const number = ids.find(id.slice(confirmationPrefix.length));
      if (number >= 0) mark(number, outcome === "sent" ? seen.mailSent : seen.mailExplained);
    },
    mailsOpen() {
      let open = 0;
      for (let number = 0; number < ids.size; number += 1) if (owesMail(number)) open += 1;
      return open;
    },
    verdict({ drained, mailsDrained }) {
      const counts = {
        accepted: 0,
        stored: 0,
        duplicates: 0,
        withoutOutcome: 0,
        erased: 0,
        withdrawn: 0,
        deadLettered: 0,
        queued: 0,
        lost: 0,
        both: 0,
        recovered: 0,
        corrections: acceptedCorrections,
        withdrawals: 0,
        stale: 0,
        changesQueued: 0,
        mailsSent: 0,
        mailsExplained: 0,
        mailsQueued: 0,
        mailsMissing: 0,
      };
      const numbers: Record<keyof Verdict["numbers"], number[]> = {
        lost: [],
        queued: [],
        overwritten: [],
        stale: [],
        withdrawn: [],
        mailsMissing: [],
      };
      let unaskedWithdrawals = 0;
      const overwritten = new Set<number>();
      const note = (kind: keyof typeof numbers, number: number) => {
        if (numbers[kind].length < maxExamples) numbers[kind].push(number);
      };
      for (let number = 0; number < ids.size; number += 1) {
        const person = personOf.get(number);
        if (!overwritten.has(person) && isOverwritten(number)) {
          overwritten.add(person);
          note("overwritten", number);
        }
        const fate = fateOf(number, drained);
        if (has(number, seen.withdrawalAccepted)) counts.withdrawals += 1;
        if (isStale(number, fate)) {
          counts[drained ? "stale" : "changesQueued"] += 1;
          note("stale", number);
        }
        // Attendees may withdraw without a ledger where others are allowed.
        if (has(number, seen.withdrawn) && !has(number, seen.withdrawalSent) && !othersAllowed) {
          unaskedWithdrawals += 1;
          note("withdrawn", number);
        }
        if (mailsDrained !== undefined && has(number, seen.stored) && has(number, sent))
          countMail(number, mailsDrained);
        if (!has(number, seen.accepted)) {
          if (has(number, seen.unknown) && has(number, seen.stored | seen.deadLettered)) counts.recovered += 1;
          continue;
        }
        counts.accepted += 1;
        counts[fate] += 1;
        if (fate === "lost" || fate === "queued") note(fate, number);
        if (fate === "duplicates" && !has(number, seen.duplicate)) counts.withoutOutcome += 1;
        if (has(number, seen.recorded) && (fate === "stored" || fate === "duplicates")) counts.both += 1;
      }
      const { storedTwice, ...others } = validationErrors;
      const unexpected = others.unexpected + unaskedWithdrawals;
      const duplicated = storedTwice + overwritten.size;
      return { counts: { ...counts, ...others, unexpected, duplicated }, numbers, ids: examples };

      function countMail(number: number, isDrained: boolean): void {
        if (has(number, seen.mailSent)) counts.mailsSent += 1;
        else if (has(number, seen.mailExplained)) counts.mailsExplained += 1;
        else if (!isDrained) counts.mailsQueued += 1;
        else {
          counts.mailsMissing += 1;
          note("mailsMissing", number);
        }
      }
    },
    numberOf: (id) => ids.find(id),
  };
}
