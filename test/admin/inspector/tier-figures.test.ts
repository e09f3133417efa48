import t from "tap";
import { Compile } from "typebox/compile";
import { noFigures, TierFigures } from "../../../admin/inspector/tier-figures.ts";

t.test("where nothing can be told, every figure is null, and none is missing", async (t) => {
  t.ok(Compile(TierFigures).Check(noFigures));
  t.ok(Object.values(noFigures).every((figure) => figure === null));
});
