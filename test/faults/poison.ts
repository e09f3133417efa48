/** Messages that no worker can store, whatever it tries, each with the reason for which it has to become a dead letter. */
import { hash } from "node:crypto";
import type { DeadLetterReason } from "../../shared/dead-letters/dead-letter.ts";
import { idOfBody } from "../../shared/dead-letters/dead-letter-record.ts";

export interface Poison {
  readonly body: string;
  /** Of the record that it has to become. */
  readonly id: string;
  readonly reason: DeadLetterReason;
}

type Recipe = (mark: string) => Poison;

/** @param mark what makes the body different from all others */
function whole(body: string, reason: DeadLetterReason): Poison {
  return { body, id: idOfBody(body), reason };
}

const recipes: readonly Recipe[] = [
  (mark) => whole(`not JSON ${mark}`, "malformed"),
  (mark) => whole(`{"v":1,"registrations":[{"id":"${mark}`, "malformed"),
  (mark) => whole(`{"v":1,"registrations":{},"mark":"${mark}"}`, "malformed"),
  (mark) => whole(`["${mark}"]`, "malformed"),
  (mark) => whole(`{"v":9,"people":["${mark}"]}`, "unsupported-version"),
  (mark) => {
    const id = hash("sha256", mark).slice(0, 32);
    return { body: `{"v":1,"registrations":[${invalidEntry(id)}]}`, id, reason: "invalid-registration" };
  },
];

/** An entry of a pack that is no registration: it has an id and no name, and an address that is none. */
export function invalidEntry(id: string): string {
  return JSON.stringify({ id, email: "nobody", answers: {}, submittedAt: "2026-03-01T10:00:00.000Z" });
}

/** @returns so many messages, of all kinds in turn, no two alike */
export function createPoison(count: number, prefix = "poison"): Poison[] {
  return Array.from({ length: count }, (_, index) => recipes[index % recipes.length]!(`${prefix}-${index}`));
}
