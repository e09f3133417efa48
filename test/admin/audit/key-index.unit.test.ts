import { t } from "../../equipment/file-test.ts";
import { createKeyIndex } from "../../../admin/audit/key-index.ts";

t.test("texts are numbered in the order in which they come, each once", async (t) => {
  const index = createKeyIndex();
  t.same(["a", "b", "a", "", "c"].map(index.add), [0, 1, 0, 2, 3]);
  t.equal(index.size, 4);
  t.equal(index.find("b"), 1);
  t.equal(index.find("z"), -1);
});

t.test("numbers stay as they are while it grows", async (t) => {
  const index = createKeyIndex();
  const count = 50_000;
  for (let number = 0; number < count; number += 1) index.add(`key-${number}`);
  let wrong = 0;
  for (let number = 0; number < count; number += 1) {
    if (index.find(`key-${number}`) !== number || index.find(`other-${number}`) !== -1) wrong += 1;
  }
  t.equal(wrong, 0);
  t.equal(index.size, count);
});
