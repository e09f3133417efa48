/** The operations on registrations for the console: find, search, count, add, correct, download all. */
import { Compile } from "typebox/compile";
import { emailRule, normalizeEmail } from "../shared/registration/email-address.ts";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { Email } from "../shared/registration/registration.ts";
import type { Connection } from "../terminal/connection.ts";
import type { DeadLetterSummary } from "../shared/dead-letters/replay-records.ts";
import { eventIn } from "../shared/registration/event-translation.ts";
import { englishAnswerWords, shownAnswers, type ShownAnswer } from "../shared/registration/shown-answers.ts";
import { describeFailure } from "../admin/audit-log.ts";
import { describeExport } from "../admin/registrations/export.ts";
import { createExportFormat, type ExportFormatName } from "../admin/registrations/export-format.ts";
import { findByReference } from "../admin/registrations/reference-search.ts";
import { createMailsStore, type MailLine } from "../admin/registrations/mails-store.ts";
import { createRegistrationsStore } from "../admin/registrations/registrations-store.ts";
import { storedAttributes, type StoredRegistration } from "../admin/registrations/stored-registration.ts";
import { scanTable } from "../shared/aws/table-scan.ts";
import { createExpiredFields, withoutExpiredAnswers } from "../shared/registration/answer-expiry.ts";
import { readReference, referenceOf } from "../shared/registration/reference.ts";
import { isTombstone, onlyRegistrations } from "../shared/registration/tombstone.ts";
import { createByHandService, type ByHandService, type ByHandServiceOptions } from "./by-hand-service.ts";
import type { DeadLetterService } from "./dead-letter-service.ts";
import { createRegistrationScans, type RegistrationScans } from "./registration-scans.ts";

export interface Finding {
  /** In key form. */
  readonly email: string;
  readonly registration: StoredRegistration | undefined;
  /** Its answers, for people. */
  readonly answers: readonly ShownAnswer[];
  /** What its attendee quotes at the entrance. */
  readonly reference: string | undefined;
  /** When it was withdrawn by the attendee, while that is kept: ISO 8601, UTC. */
  readonly withdrawnAt: string | undefined;
  /** Of this registration. */
  readonly mails: readonly MailLine[];
  /** Of this address, in any state. */
  readonly deadLetters: readonly DeadLetterSummary[];
}

export interface RegistrationService {
  /**
   * @param given an address in any spelling, or a reference, for which the tables are read through
   * @returns one for an address; for a reference one for each address that has it
   * @throws TURNOUT_REQUEST_INVALID if it is neither; the signal's reason
   */
  find(given: string, signal: AbortSignal): Promise<Finding[]>;
  /**
   * All registrations as a file, in pieces, no faster than the reader takes them. Logged before the first piece.
   * @throws the SDK's error when DynamoDB does not answer or refuses
   */
  export(format: ExportFormatName, signal: AbortSignal): AsyncGenerator<string>;
  /** Searches by part, and counts. */
  readonly scans: RegistrationScans;
  /** Adds and corrects. */
  readonly byHand: ByHandService;
}

export interface RegistrationServiceOptions {
  readonly connection: ByHandServiceOptions["connection"] & Pick<Connection, "mailsTable">;
  readonly deadLetters: Pick<DeadLetterService, "store" | "logBegin">;
  readonly event: EventDefinition | undefined;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
  /** Decides which answers have expired: milliseconds since the epoch. Default: the system's. */
  readonly wallClock?: () => number;
}

/** Of a file. */
interface Piece {
  readonly text: string;
  readonly rows: number;
}

const validator = Compile(Email);

/** Read capacity units a second to look for a reference, so that it slows nobody down who registers. */
const maxReadUnits = 500;

/** @throws TURNOUT_REQUEST_INVALID */
function addressOf(given: string): string {
  const email = normalizeEmail(given);
  if (validator.Check(email)) return email;
  const message = `This is not an email address. Allowed is ${emailRule}, or a reference such as W7K3-M9XA.`;
  throw new TurnoutError("TURNOUT_REQUEST_INVALID", message);
}

export function createRegistrationService(options: RegistrationServiceOptions): RegistrationService {
  const { connection, deadLetters, event, signal: ending, wallClock = Date.now } = options;
  const expired = createExpiredFields(event);
  const { documents, registrationsTable: tableName, mailsTable } = connection;
  // The console is in English, and so is the event where it can be.
  const fields = event ? eventIn(event, "en").fields : [];
  const mailsStore = createMailsStore(documents, mailsTable);

  /** Turns the pages that a scan pushes into pieces that are pulled: no page is read before the previous one was taken. */
  async function* pieces(format: ExportFormatName, signal: AbortSignal): AsyncGenerator<Piece> {
    const { head, line } = createExportFormat(format, event, { wallClock });
    let offer = Promise.withResolvers<Piece | undefined>();
    let taken = Promise.withResolvers<void>();
    const scan = scanTable({
      documents,
      tableName,
      segments: 1,
      attributes: storedAttributes,
      filter: onlyRegistrations,
      consistent: false,
      signal,
      async onPage(items) {
        const text = items.map((item) => line(item as unknown as StoredRegistration)).join("");
        offer.resolve({ text, rows: items.length });
        await taken.promise;
      },
    }).then(
      () => offer.resolve(undefined),
      (error: unknown) => offer.reject(error),
    );
    yield { text: head, rows: 0 };
    for (;;) {
      const piece = await offer.promise;
      if (piece === undefined) break;
      yield piece;
      offer = Promise.withResolvers();
      const { resolve } = taken;
      taken = Promise.withResolvers();
      resolve();
    }
    await scan;
  }

  /** @returns what is known of it. @param email in key form */
  async function lookUp(email: string): Promise<Finding> {
    const found: DeadLetterSummary[] = [];
    const [standing] = await Promise.all([
      createRegistrationsStore(documents, tableName).look(email),
      deadLetters.store.scan({}, ending, (records) => {
        for (const record of records) if (record.registration?.email === email) found.push(record);
      }),
    ]);
    const isGone = standing !== undefined && isTombstone(standing);
    const registration = isGone ? undefined : standing && withoutExpiredAnswers(standing, expired(wallClock()));
    return {
      email,
      registration,
      answers: shownAnswers(registration?.answers ?? {}, fields, englishAnswerWords),
      reference: isGone || standing === undefined ? undefined : referenceOf(standing.registrationId),
      withdrawnAt: isGone && standing.tombstone === "withdrawn" ? standing.at : undefined,
      mails: standing ? await mailsStore.find(standing.registrationId, ending) : [],
      deadLetters: found,
    };
  }

  const parts = { connection, event, signal: ending, wallClock };
  return {
    scans: createRegistrationScans(parts),
    byHand: createByHandService(parts),
    async find(given, signal) {
      const reference = readReference(given);
      if (reference === undefined) return [await lookUp(addressOf(given))];
      const emails = await findByReference({
        ...connection,
        reference,
        maxReadUnits,
        signal: AbortSignal.any([signal, ending]),
        onProgress: () => {},
      });
      const findings: Finding[] = [];
      for (const email of emails) findings.push(await lookUp(email));
      return findings;
    },
    async *export(format, signal) {
      const as = `as ${format}`;
      const detail = `exporting all registrations ${as}`;
      const { finish } = await deadLetters.logBegin({ action: "export", ids: [], detail, why: "" });
      const either = AbortSignal.any([signal, ending]);
      let rows = 0;
      let complete = false;
      let failure: string | undefined;
      try {
        for await (const piece of pieces(format, either)) {
          rows += piece.rows;
          if (piece.text !== "") yield piece.text;
        }
        complete = true;
      } catch (error) {
        if (!either.aborted) failure = describeFailure(error);
        throw error;
      } finally {
        const finished = finish(failure ?? describeExport({ rows, complete }, as));
        // Whoever has the whole file is told when the log did not take that; without it, the entry says so itself.
        await (complete ? finished : finished.catch(() => {}));
      }
    },
  };
}
