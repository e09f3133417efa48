import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { createReceipts, parseReceiptKeys, type ReceiptContent } from "../../../shared/registration/receipts.ts";
import { anyEmail } from "../../equipment/people.ts";

const secret = () => randomBytes(32).toString("base64");
const receiptsOf = (text: string) => createReceipts(parseReceiptKeys(text));
const receipts = receiptsOf(`first:${secret()}`);

const content: ReceiptContent = {
  email: "ada@example.org",
  registrationId: "0f8fad5b-d9cb-469f-a165-70867728950e",
  submittedAt: "2026-03-01T10:00:00.000Z",
};

const anyContent: fc.Arbitrary<ReceiptContent> = fc.record(
  {
    email: anyEmail,
    registrationId: fc.stringMatching(/^[A-Za-z0-9-]{8,64}$/),
    submittedAt: fc
      .date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString()),
  },
  { noNullPrototype: true },
);

t.test("whatever is sealed is opened as it was", async () => {
  fc.assert(
    fc.property(anyContent, (given) => {
      assert.deepEqual(receipts.open(receipts.seal(given)), given);
    }),
    { numRuns: 2_000 },
  );
});

t.test("the longest content there can be is opened as well", async (t) => {
  const longest = { ...content, email: `${"a".repeat(64)}@${"b".repeat(185)}.org`, registrationId: "i".repeat(64) };
  t.same(receipts.open(receipts.seal(longest)), longest);
});

t.test("a receipt fits into a URL as it is, and shows nothing of what is in it", async (t) => {
  const receipt = receipts.seal(content);
  t.match(receipt, /^first\.[A-Za-z0-9_-]+$/);
  t.notMatch(Buffer.from(receipt.split(".")[1]!, "base64url").toString("latin1"), /ada|example|2026|0f8fad5b/);
  t.not(receipts.seal(content), receipt, "the same content is never sealed alike");
});

t.test("no nonce comes twice, over the edge of the pool that they are cut from", async (t) => {
  const nonces = Array.from({ length: 3_000 }, () => receipts.seal(content).slice("first.".length, 22));
  t.equal(new Set(nonces).size, nonces.length);
});

type Spoil = (receipt: string) => string;

/** Ways to make of a receipt something that is not exactly it. */
const anySpoil: fc.Arbitrary<Spoil> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, by]): Spoil => (receipt) => {
    const position = at % receipt.length;
    const other = String.fromCharCode((receipt.charCodeAt(position) + by) % 256);
    return receipt.slice(0, position) + other + receipt.slice(position + 1);
  }),
  fc.nat().map(
    (at): Spoil =>
      (receipt) =>
        receipt.slice(0, at % receipt.length),
  ),
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, code]): Spoil => (receipt) => {
    const position = at % receipt.length;
    return receipt.slice(0, position) + String.fromCharCode(code) + receipt.slice(position);
  }),
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]): Spoil => (receipt) => {
    const [id, body = ""] = receipt.split(".");
    const bytes = Buffer.from(body, "base64url");
    bytes[at % bytes.length]! ^= 1 << bit;
    return `${id}.${bytes.toString("base64url")}`;
  }),
);

t.test("one character changed, left out or put in, one bit turned: no receipt any more", async () => {
  fc.assert(
    fc.property(anyContent, anySpoil, (given, spoil) => {
      const receipt = receipts.seal(given);
      const spoiled = spoil(receipt);
      fc.pre(spoiled !== receipt);
      assert.equal(receipts.open(spoiled), undefined);
    }),
    { numRuns: 3_000 },
  );
});

t.test("control: encryption without authentication would fail the same check", async () => {
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const open = (body: string) => {
    const decipher = createDecipheriv("aes-256-ctr", key, iv);
    return Buffer.concat([decipher.update(Buffer.from(body, "base64url")), decipher.final()]).toString();
  };
  const cipher = createCipheriv("aes-256-ctr", key, iv);
  const receipt = `x.${Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]).toString("base64url")}`;
  assert.throws(() =>
    fc.assert(fc.property(anySpoil, (spoil) => assert.equal(open(spoil(receipt).slice(2)), undefined))),
  );
});

t.test("other spellings of the same bytes are no receipts", async (t) => {
  const [id, body = ""] = receipts.seal({ ...content, email: "ab@example.org" }).split(".");
  const bytes = Buffer.from(body, "base64url");
  const spellings = [
    bytes.toString("base64"),
    `${body}=`,
    `${body}==`,
    ` ${body}`,
    `${body}\n`,
    `${body}.`,
    `.${body}`,
  ];
  // Base64 leaves bits of the last character unused, unless the bytes come in threes.
  if (bytes.length % 3 !== 0) {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    spellings.push(body.slice(0, -1) + alphabet[(alphabet.indexOf(body.at(-1)!) ^ 1) % 64]!);
  }
  for (const spelling of spellings) {
    if (spelling === body) continue;
    t.equal(receipts.open(`${id}.${spelling}`), undefined, JSON.stringify(spelling.slice(-5)));
  }
});

t.test("whatever else comes, it is undefined and never an error", async () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ maxLength: 2_000 })), (text) => {
      assert.equal(receipts.open(text), undefined);
      assert.equal(receipts.open(`first.${text}`), undefined);
    }),
    { numRuns: 1_000 },
  );
});

t.test("a key in the middle of the list opens what it sealed; the first one seals", async (t) => {
  const [old, current, next] = [secret(), secret(), secret()];
  const sealedLongAgo = receiptsOf(`a:${old}`).seal(content);
  const sealedNow = receiptsOf(`b:${current},a:${old}`).seal(content);
  const rotated = receiptsOf(`c:${next},b:${current},a:${old}`);
  t.same(rotated.open(sealedLongAgo), content);
  t.same(rotated.open(sealedNow), content);
  t.match(rotated.seal(content), /^c\./);
  t.equal(receiptsOf(`c:${next}`).open(sealedNow), undefined, "a key that is gone opens nothing");
});

t.test("a receipt of another deployment is foreign, even where its key has the same name", async (t) => {
  t.equal(receipts.open(receiptsOf(`first:${secret()}`).seal(content)), undefined);
});

t.test("a receipt that was re-labelled for another key, even the same one, is rejected", async (t) => {
  const key = secret();
  const twice = receiptsOf(`a:${key},b:${key}`);
  const relabelled = twice.seal(content).replace(/^a\./, "b.");
  t.equal(twice.open(relabelled), undefined);
});

t.test("a key list with an error names the place and never the key", async (t) => {
  const good = secret();
  const reasons: Record<string, RegExp> = {
    "": /entry 1/,
    [`:${good}`]: /entry 1 has no key id/,
    [`a:${good},b`]: /entry 2 has 0 bytes/,
    [`a:${good.slice(0, 20)}`]: /entry 1 has 15 bytes/,
    [`a:${good},a:${secret()}`]: /entry 2 uses the key id a again/,
    [`${"k".repeat(17)}:${good}`]: /entry 1 has no key id/,
  };
  for (const [text, message] of Object.entries(reasons)) {
    t.throws(() => parseReceiptKeys(text), { code: "TURNOUT_ENVIRONMENT_INVALID", message });
    try {
      parseReceiptKeys(text);
    } catch (error) {
      t.notOk(String(error).includes(good.slice(0, 10)), "nothing of a key is shown");
    }
  }
  t.throws(() => createReceipts(new Map()), { code: "TURNOUT_ENVIRONMENT_INVALID" });
});

t.test("a receipt carries a language, with and without the other marks, and none where there is none", async (t) => {
  const { seal, open } = createReceipts(parseReceiptKeys(`k:${Buffer.alloc(32, 7).toString("base64")}`));
  const bare = { email: "ada@example.org", registrationId: "ada-00001", submittedAt: "2026-03-01T10:00:00.000Z" };
  const mailed = { ...bare, mailbox: true, changedAt: "2026-03-02T10:00:00.000Z" } as const;
  for (const sealed of [bare, mailed, { ...bare, language: "ar" }, { ...mailed, language: "ar" }]) {
    t.strictSame(open(seal(sealed)), sealed);
  }
});
