import { t } from "../../equipment/file-test.ts";
import { openExportStream } from "../../../admin/registrations/export-stream.ts";

t.test("pages go out one after the other, no faster than they are taken, after the head", async (t) => {
  const taken: string[] = [];
  let taking = 0;
  async function write(text: string) {
    taking += 1;
    t.equal(taking, 1, "one at a time");
    await new Promise((resolve) => setImmediate(resolve));
    taken.push(text);
    taking -= 1;
  }
  const stream = await openExportStream(write, "head\n", 2);
  t.same(stream.segments, [{ done: false }, { done: false }], "always from the start");
  const pages = ["a\n", "b\n", "c\n"].map((page) => stream.append(page, 2, 0, { done: true }));
  await Promise.all(pages);
  await stream.finish();
  await stream.suspend();
  t.same(taken, ["head\n", "a\n", "b\n", "c\n"]);
  t.equal(stream.rows, 6);
});

t.test("an output that fails ends the export, and its end is quiet", async (t) => {
  const stream = await openExportStream(() => Promise.reject(new Error("gone")), "", 1);
  await t.rejects(stream.append("a", 1, 0, { done: true }), /gone/);
  await t.rejects(stream.finish(), /gone/);
  await stream.suspend();
});
