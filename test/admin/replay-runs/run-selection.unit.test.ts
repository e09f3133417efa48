import { randomUUID } from "node:crypto";
import { t } from "../../equipment/file-test.ts";
import { describeSelection, packSelection, unpackSelection } from "../../../admin/replay-runs/run-selection.ts";
import { dynamoDbLimits } from "../../../shared/aws/aws-limits.ts";

t.test("any number comes back as it was, in order, in pieces that fit into items", async (t) => {
  for (const count of [0, 1, 4_000, 10_000]) {
    const selected = Array.from({ length: count }, (_, number) => ({ id: randomUUID(), failures: number % 3 }));
    const pieces = await packSelection(selected);
    t.equal(pieces.length, Math.ceil(count / 4_000));
    for (const piece of pieces) t.ok(piece.length < dynamoDbLimits.maxItemBytes / 2);
    t.strictSame(await unpackSelection(pieces), selected);
  }
  const odd = [{ id: 'any\n"text" that was typed', failures: 0 }];
  t.strictSame(await unpackSelection(await packSelection(odd)), odd);
});

t.test("a selection is told in words", async (t) => {
  t.equal(describeSelection({ ids: ["a"] }), "1 chosen");
  t.equal(describeSelection({ ids: ["a", "b"] }), "2 chosen one by one");
  t.equal(describeSelection({ filter: { state: "open" } }), "all open");
  t.equal(
    describeSelection({ filter: { reason: "crash-loop", since: "2026-01-31T09:00:00.000Z" } }),
    "in any state, reason crash-loop, failed since 2026-01-31T09:00:00.000Z",
  );
  const searched = describeSelection({
    filter: { state: "open", text: "ann@example.org", detail: "of ann@example.org" },
  });
  t.match(searched, /^all open, detail .*, with a text/);
  t.notMatch(searched, "@", "without an address that was searched for");
});
