/** The assertion that most fault tests end with: these registrations are in the table, as sent, each written once. */
import { isDeepStrictEqual } from "node:util";
import type { Registration } from "../../shared/registration/registration.ts";
import type { Cell } from "./cell.ts";

/** The part of a tap test that is used here. */
interface Assertions {
  same(found: unknown, wanted: unknown, message: string): unknown;
}

type Expected = Pick<Registration, "id" | "email" | "name" | "answers">;

/** @param deadLettered ids of the records that there should be besides; default none */
export async function expectStored(
  t: Assertions,
  cell: Cell,
  registrations: readonly Expected[],
  deadLettered: readonly string[] = [],
): Promise<void> {
  const found = new Map((await cell.items()).map((item) => [item.email, item]));
  const missing: string[] = [];
  const different: unknown[] = [];
  for (const { id, email, name, answers } of registrations) {
    const item = found.get(email);
    if (!item) missing.push(email);
    else if (!isDeepStrictEqual([item.registrationId, item.name, item.answers], [id, name, answers]))
      different.push(item);
    found.delete(email);
  }
  t.same(missing, [], "every one of them is in the table");
  t.same(different, [], "each as it was sent");
  t.same([...found.keys()], [], "and nothing else is");
  t.same(cell.effects.writtenTwice(), [], "none was written twice");
  const records = await cell.deadLetters();
  t.same(records.map(({ id }) => id).toSorted(), [...deadLettered].toSorted(), "the dead letters are as expected");
}
