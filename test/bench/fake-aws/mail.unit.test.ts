import { t } from "../../equipment/file-test.ts";
import { createFakeMail } from "../../../bench/fake-aws/mail.ts";
import { addressOf } from "../../../bench/people.ts";

const entry = (...people: number[]) => ({ Destination: { ToAddresses: people.map(addressOf) } });

t.test("it takes every mail, answers each and counts whose they are", async (t) => {
  const mail = createFakeMail();
  const body = JSON.stringify({ BulkEmailEntries: [entry(1), entry(2), entry(2)] });
  t.match(mail.answer("POST", "/v2/email/outbound-bulk-emails", body), {
    BulkEmailEntryResults: [{ Status: "SUCCESS" }, { Status: "SUCCESS" }, { Status: "SUCCESS" }],
  });
  t.same(mail.count(), { people: 2, again: 1, strangers: 0 });
  mail.clear();
  t.same(mail.count(), { people: 0, again: 0, strangers: 0 });
});

t.test("an account may send, and what it does not know it says", async (t) => {
  const mail = createFakeMail();
  t.match(mail.answer("GET", "/v2/email/account", ""), { SendingEnabled: true });
  t.equal(mail.answer("GET", "/v2/email/identities", ""), undefined);
});
