/** The result of `npm run demo`, as `--json` prints it. */
import { Type, type Static } from "typebox";
import { AuditReport } from "../../admin/audit/audit-report.ts";

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Milliseconds = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);
const Quantiles = (description: string) => Type.Object({ p50: Milliseconds, p99: Milliseconds }, { description });
const Ratio = (description: string) => Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description });

export const DemoReport = Type.Object(
  {
    passed: Type.Boolean({ description: "all was accepted, and the audit passed" }),
    seed: Type.Union([Type.Integer(), Type.Null()], { description: "makes the same people again; null for a file" }),
    requests: Count("registrations that were sent, retries not counted"),
    accepted: Count("of them, answered 202: the sum of stored, duplicatesFolded, deadLettered, queued and lost"),
    refused: Count("registrations that were rejected, when the file was read or by the service"),
    givenUp: Count("not accepted in spite of all retries"),
    givenUpBecause: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: "how many ended with which last answer",
    }),
    retries: Count("further attempts, after a 503, a 429 or no answer"),
    stored: Count("in the table, each once"),
    duplicatesFolded: Count("accepted, and rightly not stored again"),
    secondRegistrations: Count("of the folded ones, those of an address that was registered already"),
    secondClicks: Count("of the folded ones, those that repeat a request"),
    deadLettered: Count("kept as dead letters"),
    queued: Count("not found while the queue is not drained"),
    lost: Count("accepted, but nowhere to be found: must be 0"),
    acceptMs: Quantiles("from the click to the 202, retries included"),
    storedAfterMs: Quantiles("from the acceptance to the table, by the times in the table"),
    registrationsPerPack: Ratio("mean of the run; null if the metrics of the web tier cannot be read"),
    registrationsPerWriteCall: Ratio("mean of the run; null if the metrics of the worker cannot be read"),
    figuresIncomplete: Type.Boolean({ description: "a tier was restarted: what it had counted is missing" }),
    acceptedPerSecond: Type.Number({ minimum: 0 }),
    sendSeconds: Type.Number({ minimum: 0 }),
    drainSeconds: Type.Number({ minimum: 0, description: "from the last 202 until all was found" }),
    audit: AuditReport,
    refusedRows: Type.Array(Type.Object({ line: Count("in the file"), reasons: Type.Array(Type.String()) }), {
      description: "the first of them",
    }),
    refusedFile: Type.Union([Type.String(), Type.Null()], { description: "all of them, as JSON Lines" }),
    ledger: Type.Union([Type.String(), Type.Null()], { description: "where the ledger was kept" }),
  },
  { additionalProperties: false },
);

export type DemoReport = Static<typeof DemoReport>;
