/** Registrations for tests: one by hand, or any that a generator comes up with. */
import * as fc from "fast-check";
import type { Registration } from "../../shared/registration/registration.ts";

let made = 0;

/** @returns a valid registration of somebody who has not been there before, changed as given */
export function somebody(changes: Partial<Registration> = {}): Registration {
  made += 1;
  return {
    id: `test-${String(made).padStart(8, "0")}`,
    email: `person-${made}@example.org`,
    name: "Ada Lovelace",
    answers: {},
    submittedAt: "2026-03-01T10:00:00.000Z",
    ...changes,
  };
}

/** @returns as many different people */
export function people(count: number): Registration[] {
  return Array.from({ length: count }, () => somebody());
}

/** Addresses in key form. */
export const anyEmail = fc
  .tuple(
    fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}$/),
    fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/),
    fc.constantFrom("org", "com", "example", "xn--p1ai"),
  )
  .map(([local, domain, top]) => `${local}@${domain}.${top}`);
