import { t } from "../../equipment/file-test.ts";
import { parseReceiptKeys } from "../../../shared/registration/receipts.ts";
import { createAddressHash, mailboxOf } from "../../../worker/mail/limit-key.ts";

const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");

t.test("an address has one hash under one key, in every process, and nobody else's", async (t) => {
  const hashOf = createAddressHash(parseReceiptKeys(`k1:${key(1)}`));
  t.equal(hashOf("ada@example.org"), createAddressHash(parseReceiptKeys(`k1:${key(1)}`))("ada@example.org"));
  t.not(hashOf("ada@example.org"), hashOf("ada@example.com"));
  t.match(hashOf("ada@example.org"), /^[\w-]{43}$/);
});

t.test("without the key it tells nothing: the first receipt key decides", async (t) => {
  const hashOf = createAddressHash(parseReceiptKeys(`k1:${key(1)},k0:${key(2)}`));
  t.equal(hashOf("ada@example.org"), createAddressHash(parseReceiptKeys(`k1:${key(1)}`))("ada@example.org"));
  t.not(hashOf("ada@example.org"), createAddressHash(parseReceiptKeys(`k0:${key(2)}`))("ada@example.org"));
});

t.test("an address with a plus tag has the hash of its mailbox; other addresses have their own", async (t) => {
  const hashOf = createAddressHash(parseReceiptKeys(`k1:${key(1)}`));
  t.equal(hashOf("ada+one@example.org"), hashOf("ada@example.org"));
  t.equal(hashOf("ada+one+two@example.org"), hashOf("ada+three@example.org"));
  t.not(hashOf("ada+one@example.org"), hashOf("ada@example.com"));
  t.not(hashOf("bob+one@example.org"), hashOf("ada+one@example.org"));
  t.equal(mailboxOf("+ada@example.org"), "+ada@example.org", "a tag of nobody's is a name");
  t.not(hashOf("a.da@example.org"), hashOf("ada@example.org"), "dots are names at most providers");
});
