import { t } from "../../equipment/file-test.ts";
import {
  decodeMailPack,
  encodeMailRequest,
  joinMailPack,
  mailKey,
  maxMailPackBytes,
  maxMailsPerPack,
  type MailRequest,
} from "../../../shared/mail/mail-pack.ts";

const request: MailRequest = { kind: "confirmed", id: "test-0001", email: "ann@example.org", language: "de" };

t.test("a mail pack is read as it was written", async (t) => {
  const { language: _, ...unspoken } = { ...request, kind: "link" as const };
  const body = joinMailPack([request, unspoken].map(encodeMailRequest));
  t.same(decodeMailPack(body), { requests: [request, unspoken], invalid: 0 });
});

t.test("a pack of the longest requests stays within the limit of a message", async (t) => {
  const longest = encodeMailRequest({
    kind: "already-registered",
    id: "x".repeat(64),
    email: `${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.example`,
    language: "de-Latn-DE",
  });
  const fitting = Math.floor(maxMailPackBytes / (longest.length + 1));
  t.ok(Math.min(fitting, maxMailsPerPack) > 100, "many in a pack all the same");
});

t.test("lines that are no requests do not affect the others", async (t) => {
  const good = encodeMailRequest(request);
  const others = ["", " ", "x test-0001 ann@example.org", "c test-0001 nobody", `${good} more`, `${good}\r`];
  t.same(decodeMailPack(joinMailPack([...others, good])), { requests: [request], invalid: others.length });
});

t.test("what is no mail pack is rejected with its code, and nothing of it is quoted", async (t) => {
  for (const body of ["", "{", "mails", "mails 1", "mails x\n", ` ${joinMailPack(["x"])}`, '{"v":1,"mails":[{}]}']) {
    t.throws(() => decodeMailPack(body), { code: "TURNOUT_PACK_MALFORMED" }, body || "(empty)");
  }
  for (const body of ["mails 2\nconfirmed", "mails 99"]) {
    t.throws(() => decodeMailPack(body), { code: "TURNOUT_PACK_VERSION_UNSUPPORTED" }, body);
  }
  try {
    decodeMailPack("seeded.person@example.org");
  } catch (error) {
    t.notMatch(`${(error as Error).message} ${JSON.stringify((error as Error).cause)}`, /seeded/);
  }
});

t.test("a mail's key names its kind and what it is about", async (t) => {
  t.equal(mailKey(request), "confirmed/test-0001");
});
