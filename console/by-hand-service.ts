/**
 * Adds and corrects registrations for the console: through the queue, checked as those of attendees are. Waits a few
 * seconds for what becomes of one.
 */
import { Compile } from "typebox/compile";
import { emailRule, normalizeEmail } from "../shared/registration/email-address.ts";
import { TurnoutError } from "../shared/errors.ts";
import {
  createExpiredFields,
  withoutExpiredAnswers,
  withoutExpiredFields,
} from "../shared/registration/answer-expiry.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { referenceOf } from "../shared/registration/reference.ts";
import { Email } from "../shared/registration/registration.ts";
import { awsTime } from "../terminal/connection.ts";
import type { FieldChange } from "../admin/dead-letters/edit.ts";
import { composeAddition, composeCorrection } from "../admin/registrations/by-hand.ts";
import {
  awaitResult,
  sendByHand,
  type ByHandConnection,
  type ByHandEntry,
  type ByHandResult,
} from "../admin/registrations/by-hand-queue.ts";
import { createRegistrationsStore } from "../admin/registrations/registrations-store.ts";
import type { StoredRegistration } from "../admin/registrations/stored-registration.ts";

export interface Delivered {
  readonly email: string;
  readonly id: string;
  readonly reference: string;
  readonly result: ByHandResult;
}

export interface ByHandService {
  /** Without fields whose answers have expired. Undefined: no event is given. */
  readonly event: EventDefinition | undefined;
  /**
   * @param given an address in any spelling
   * @throws TURNOUT_REQUEST_INVALID if it is none; TURNOUT_NOT_FOUND if it is not registered
   */
  read(given: string): Promise<StoredRegistration>;
  /**
   * @param id of the new registration: sending one again is harmless
   * @throws as `composeAddition`; the SDK's error
   */
  add(id: string, fields: readonly FieldChange[], why: string): Promise<Delivered>;
  /** @param stored as `read` returned it. @throws as `composeCorrection`; the SDK's error */
  correct(stored: StoredRegistration, fields: readonly FieldChange[], why: string): Promise<Delivered>;
}

export interface ByHandServiceOptions {
  readonly connection: ByHandConnection;
  readonly event: EventDefinition | undefined;
  /** Aborted when the console ends. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Less than the time-out of a request. */
const maxWaitSeconds = 6;
const validator = Compile(Email);

export function createByHandService({ connection, event, signal, wallClock }: ByHandServiceOptions): ByHandService {
  const expired = createExpiredFields(event);
  const store = createRegistrationsStore(connection.documents, connection.registrationsTable);

  async function deliver(entry: ByHandEntry, why: string): Promise<Delivered> {
    await sendByHand(entry, { connection, why, note: () => {} });
    const result = await awaitResult(entry, connection, maxWaitSeconds, signal);
    return { email: entry.email, id: entry.id, reference: referenceOf(entry.id), result };
  }

  return {
    get event() {
      return event && withoutExpiredFields(event, expired(wallClock()));
    },
    async read(given) {
      const email = normalizeEmail(given);
      if (!validator.Check(email)) {
        throw new TurnoutError("TURNOUT_REQUEST_INVALID", `This is not an email address. Allowed is ${emailRule}.`);
      }
      const stored = await store.find(email);
      if (stored) return withoutExpiredAnswers(stored, expired(wallClock()));
      throw new TurnoutError(
        "TURNOUT_NOT_FOUND",
        "This address is not registered. What was registered just now may still be on the queue.",
      );
    },
    add: (id, fields, why) => deliver(composeAddition({ id, fields }, event, awsTime(connection.documents)), why),
    correct(stored, fields, why) {
      const { correction } = composeCorrection(stored, fields, event, awsTime(connection.documents));
      return deliver(correction, why);
    },
  };
}
