import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { deadLetterReasons } from "../../../shared/dead-letters/dead-letter.ts";
import {
  idOfBody,
  joinBody,
  maxInlineBodyBytes,
  reasonOf,
  storeBody,
} from "../../../shared/dead-letters/dead-letter-record.ts";
import { dynamoDbLimits, sqsLimits } from "../../../shared/aws/aws-limits.ts";
import { legalCharacter } from "../legal-text.ts";

t.test("a body comes back byte for byte, whatever it is and however large", async (t) => {
  const anyBody = fc
    .tuple(fc.string({ unit: legalCharacter, maxLength: 50 }), fc.integer({ min: 0, max: 30_000 }))
    .map(([text, times]) => text.repeat(times).slice(0, 400_000).toWellFormed());
  fc.assert(
    fc.property(anyBody, (body) => {
      const { inline, parts } = storeBody("id", body);
      return ("body" in inline ? inline.body : joinBody(parts)) === body;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

t.test("a body is kept in one item as long as it fits, and in numbered parts from then on", async (t) => {
  t.same(storeBody("a", "x".repeat(maxInlineBodyBytes)), {
    inline: { body: "x".repeat(maxInlineBodyBytes) },
    parts: [],
  });
  const { inline, parts } = storeBody("a", "x".repeat(maxInlineBodyBytes + 1));
  t.same(inline, { bodyParts: 2 });
  t.same(
    parts.map(({ id, partOf, bytes }) => ({ id, partOf, length: bytes.length })),
    [
      { id: "a#1", partOf: "a", length: maxInlineBodyBytes },
      { id: "a#2", partOf: "a", length: 1 },
    ],
  );
});

t.test(
  "the largest message that SQS takes fits into parts that DynamoDB takes, a character across the cut included",
  async (t) => {
    const body = `x${"😀".repeat((sqsLimits.maxMessageBytes - 1) / 4)}`;
    const { parts } = storeBody("a", body);
    t.ok(parts.every((part) => part.bytes.length < dynamoDbLimits.maxItemBytes));
    t.equal(joinBody(parts), body);
  },
);

t.test("the same unreadable body has the same id, so that collecting it twice keeps one record", async (t) => {
  t.equal(idOfBody("nonsense"), idOfBody("nonsense"));
  t.not(idOfBody("nonsense"), idOfBody("nonsense "));
  t.match(idOfBody("nonsense"), /^raw-[0-9a-f]{32}$/);
});

t.test("a message without a reason of ours was given up by SQS itself", async (t) => {
  for (const reason of deadLetterReasons) t.equal(reasonOf(reason), reason);
  for (const attribute of [undefined, "", "toString", "something-new"]) t.equal(reasonOf(attribute), "crash-loop");
});
