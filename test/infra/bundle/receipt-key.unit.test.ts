import { t } from "../../equipment/file-test.ts";
import { nameReceiptKey } from "../../../infra/bundle/receipt-key.ts";
import { parseReceiptKeys } from "../../../shared/registration/receipts.ts";

const generated = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";

t.test("a key that Secrets Manager made up gets a key id, and is one that the web tier takes", async (t) => {
  const named = nameReceiptKey(generated);
  t.match(named, /^k1:[A-Za-z0-9+/]{43}=$/);
  t.strictSame([...parseReceiptKeys(named).keys()], ["k1"]);
});

t.test("naming it again changes nothing, and the same text is always the same key", async (t) => {
  t.equal(nameReceiptKey(nameReceiptKey(generated)), nameReceiptKey(generated));
  t.equal(nameReceiptKey(generated), nameReceiptKey(generated));
});

t.test("keys that somebody gave ids are left as they are", async (t) => {
  const rotated = `k2:${Buffer.alloc(32, 1).toString("base64")},${nameReceiptKey(generated)}`;
  t.equal(nameReceiptKey(rotated), rotated);
});

t.test("what is no key stays what it is, for the web tier to reject", async (t) => {
  for (const text of ["", "short", `${generated}x`, "-".repeat(43)]) t.equal(nameReceiptKey(text), text);
});
