import { t } from "../../../equipment/file-test.ts";
import { requireDeadLetter } from "../../../../admin/commands/dead-letters/required-record.ts";
import type { DeadLetterStore } from "../../../../shared/dead-letters/dead-letter-store.ts";
import { deadLetter } from "../../../equipment/dead-letter-seeds.ts";

const record = deadLetter(1);
const store = {
  read: async (id: string) => (id === record.id ? record : undefined),
} as Partial<DeadLetterStore> as DeadLetterStore;

t.test("a dead letter that is there is read, one that is not is named", async (t) => {
  t.equal(await requireDeadLetter(store, record.id), record);
  await t.rejects(requireDeadLetter(store, "none"), { code: "TURNOUT_DEAD_LETTER_UNKNOWN", message: /"none"/ });
});
