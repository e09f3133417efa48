/** The operations on registrations for the console: find one by the exact address, download all. */
import { Compile } from "typebox/compile";
import { emailRule, normalizeEmail } from "../shared/registration/email-address.ts";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { Email } from "../shared/registration/registration.ts";
import type { Connection } from "../terminal/connection.ts";
import type { DeadLetterSummary } from "../shared/dead-letters/replay-records.ts";
import { createExportFormat, type ExportFormatName } from "../admin/registrations/export-format.ts";
import { createRegistrationsStore } from "../admin/registrations/registrations-store.ts";
import { storedAttributes, type StoredRegistration } from "../admin/registrations/stored-registration.ts";
import { scanTable } from "../shared/aws/table-scan.ts";
import { onlyRegistrations } from "../shared/registration/tombstone.ts";
import type { DeadLetterService } from "./dead-letter-service.ts";

export interface Finding {
  /** In key form. */
  readonly email: string;
  readonly registration: StoredRegistration | undefined;
  /** Of this address, in any state. */
  readonly deadLetters: readonly DeadLetterSummary[];
}

export interface RegistrationService {
  /** @param email in any spelling. @throws TURNOUT_REQUEST_INVALID if it is not an address */
  find(email: string): Promise<Finding>;
  /**
   * All registrations as a file, in pieces, no faster than the reader takes them. Logged before the first piece.
   * @throws the SDK's error when DynamoDB does not answer or refuses
   */
  export(format: ExportFormatName, signal: AbortSignal): AsyncGenerator<string>;
}

export interface RegistrationServiceOptions {
  readonly connection: Pick<Connection, "documents" | "registrationsTable">;
  readonly deadLetters: Pick<DeadLetterService, "store" | "log">;
  readonly event: EventDefinition | undefined;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
}

const validator = Compile(Email);

export function createRegistrationService(options: RegistrationServiceOptions): RegistrationService {
  const { connection, deadLetters, event, signal: ending } = options;
  const { documents, registrationsTable: tableName } = connection;

  /** Turns the pages that a scan pushes into pieces that are pulled: no page is read before the previous one was taken. */
  async function* pieces(format: ExportFormatName, signal: AbortSignal): AsyncGenerator<string> {
    const { head, line } = createExportFormat(format, event);
    let offer = Promise.withResolvers<string | undefined>();
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
        offer.resolve(items.map((item) => line(item as unknown as StoredRegistration)).join(""));
        await taken.promise;
      },
    }).then(
      () => offer.resolve(undefined),
      (error: unknown) => offer.reject(error),
    );
    yield head;
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

  return {
    async find(given) {
      const email = normalizeEmail(given);
      if (!validator.Check(email)) {
        throw new TurnoutError("TURNOUT_REQUEST_INVALID", `This is not an email address. Allowed is ${emailRule}.`);
      }
      const found: DeadLetterSummary[] = [];
      const [registration] = await Promise.all([
        createRegistrationsStore(documents, tableName).find(email),
        deadLetters.store.scan({}, ending, (records) => {
          for (const record of records) if (record.registration?.email === email) found.push(record);
        }),
      ]);
      return { email, registration, deadLetters: found };
    },
    async *export(format, signal) {
      await deadLetters.log("export", [], `exports all registrations as ${format}`, "");
      const either = AbortSignal.any([signal, ending]);
      for await (const piece of pieces(format, either)) if (piece !== "") yield piece;
    },
  };
}
