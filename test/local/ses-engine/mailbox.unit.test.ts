import { t } from "../../equipment/file-test.ts";
import { createMailbox } from "../../../local/ses-engine/mailbox.ts";
import type { MailContent, SentMail } from "../../../local/ses-engine/sent-mail.ts";

const content: MailContent = { subject: "s", text: "t", headers: [], attachments: [] };

function mail(...to: string[]): SentMail {
  return {
    messageId: "m",
    at: new Date(0),
    from: "a@example.org",
    to,
    replyTo: [],
    content,
    values: {},
    headers: [],
    delivery: "delivered",
  };
}

t.test("mails are found newest first, by address whatever its case, and page by page", async (t) => {
  const mailbox = createMailbox();
  mailbox.add(content, [mail("ada@example.org"), mail("bob@example.org", "Ada@example.org"), mail("bob@example.org")]);
  const ids = (query: object) => mailbox.newest({ limit: 10, ...query }).map(({ id }) => id);
  t.same(ids({}), [3, 2, 1]);
  t.same(ids({ to: "ADA@example.org" }), [2, 1]);
  t.same(ids({ to: "ada@example.org", before: 2 }), [1]);
  t.same(ids({ before: 3, limit: 1 }), [2]);
  t.same(ids({ to: "nobody@example.org" }), []);
  t.equal(mailbox.countTo("bob@example.org"), 2);
  t.equal(mailbox.get(3)?.to[0], "bob@example.org");
});

t.test("beyond its number the oldest mails are dropped, and counted", async (t) => {
  const mailbox = createMailbox({ maxMails: 3 });
  for (const name of ["a", "b", "c", "d", "a"]) mailbox.add(content, [mail(`${name}@example.org`)]);
  t.same(mailbox.counts, { sent: 5, kept: 3, dropped: 2 });
  t.same(
    mailbox.newest({ limit: 10 }).map(({ id }) => id),
    [5, 4, 3],
  );
  t.equal(mailbox.get(1), undefined);
  t.equal(mailbox.countTo("a@example.org"), 1);
  t.equal(mailbox.countTo("b@example.org"), 0);
});

t.test("beyond its size too, whatever the mails hold, but never the newest", async (t) => {
  const mailbox = createMailbox({ maxBytes: 10_000 });
  const large = { ...content, attachments: [{ name: "a", type: "b/c", content: Buffer.alloc(6_000) }] };
  mailbox.add(large, [mail("a@example.org")]);
  mailbox.add(large, [mail("b@example.org")]);
  t.same(mailbox.counts, { sent: 2, kept: 1, dropped: 1 });
  mailbox.add({ ...large, text: "x".repeat(50_000) }, [mail("c@example.org")]);
  t.same(mailbox.counts, { sent: 3, kept: 1, dropped: 2 });
  const shared = createMailbox({ maxBytes: 10_000 });
  shared.add(large, [mail("a@example.org"), mail("b@example.org"), mail("c@example.org")]);
  t.equal(shared.counts.kept, 3, "mails of one call share their content");
});

t.test("an emptied inbox goes on with its ids, and forgets the addresses", async (t) => {
  const mailbox = createMailbox();
  mailbox.add(content, [mail("a@example.org")]);
  mailbox.clear();
  t.same(mailbox.newest({ limit: 10 }), []);
  t.equal(mailbox.countTo("a@example.org"), 0);
  mailbox.add(content, [mail("a@example.org")]);
  t.equal(mailbox.newest({ limit: 10 })[0]?.id, 2);
  t.equal(mailbox.counts.dropped, 0);
});
