/** The result of an audit, as printed by `turnout audit --json` and shown by `npm run demo`. */
import { Type, type Static } from "typebox";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Ids = Type.Array(Type.String());

export const AuditReport = Type.Object(
  {
    passed: Type.Boolean({
      description:
        "nothing is lost, duplicated, unexpected, corrupt, stale or still queued, no mail is missing, and no expired answer is kept",
    }),
    drained: Type.Boolean({ description: "whether both queues were seen to be empty beyond doubt" }),
    headlessLedgers: Count("ledgers that do not say of which stack they are: taken as this one's"),
    ledgerLines: Count("attempts, changes and confirmations"),
    accepted: Count(
      "different ids that were accepted: the sum of stored, duplicates, erased, withdrawn, deadLettered, queued and lost",
    ),
    stored: Count("an item of the table has the id"),
    duplicates: Count("its outcome says so, or the item of its address has another id, which was sent as well"),
    withoutOutcome: Count("of the duplicates: no outcome is written, so that their receipts stay pending"),
    erased: Count("erased by an admin: an outcome says so, or the tombstone under its address"),
    withdrawn: Count("withdrawn by the attendee: an outcome says so, or the tombstone under its address"),
    deadLettered: Count("a dead-letter record keeps it"),
    queued: Count("not found, while the queues are not drained"),
    lost: Count("not found, though the queues are drained"),
    both: Count("stored or duplicate, and with a dead-letter record as well: replays, mostly"),
    duplicated: Count("stored under two addresses, or a first one that a later one has overwritten"),
    unexpected: Count(
      "stored, yet never attempted, or rejected, or erased, or withdrawn; or withdrawn, yet nobody asked for that",
    ),
    corrupt: Count("stored with another content than was sent, or with impossible times"),
    expiredAnswersKept: Count(
      "stored with an answer that expired more than two days ago, so it should have been removed",
    ),
    corrections: Count("corrections that were accepted"),
    withdrawals: Count("different ids whose withdrawal was accepted"),
    stale: Count("an accepted correction or withdrawal has no effect, though the queues are drained"),
    changesQueued: Count("the same, while the queues are not drained"),
    mailsSent: Count("of the stored ones that the ledger knows: the confirmation was sent; 0 where mail is off"),
    mailsExplained: Count("of them: the mails table says why it was not sent"),
    mailsQueued: Count("of them: not in the mails table, while the mail queue is not drained"),
    mailsMissing: Count("of them: not in the mails table, though the mail queue is drained"),
    recovered: Count("attempts without a clear answer that turned out to have worked"),
    others: Count("stored, and unknown to the ledger, where that is allowed"),
    examples: Type.Object(
      {
        lost: Ids,
        queued: Ids,
        duplicated: Ids,
        unexpected: Ids,
        corrupt: Ids,
        expiredAnswersKept: Ids,
        stale: Ids,
        mailsMissing: Ids,
      },
      { description: "registration ids to investigate, a few of each kind" },
    ),
    seconds: Type.Number({ minimum: 0, description: "how long the audit took" }),
    at: Type.String({ description: "ISO 8601, UTC" }),
  },
  { additionalProperties: false },
);

export type AuditReport = Static<typeof AuditReport>;
