import t from "tap";
import { Compile } from "typebox/compile";
import { DemoReport } from "../../../load/demo/demo-report.ts";

const check = Compile(DemoReport);

t.test("the schema refuses what is not in it, so that the tests of the demo hold its output to it", async (t) => {
  t.notOk(check.Check({}));
  t.ok(check.Errors({}).length > 0);
});

t.test("every count of the report is explained", async (t) => {
  for (const name of ["accepted", "stored", "duplicatesFolded", "lost", "givenUp"] as const) {
    t.match(DemoReport.properties[name], { description: /./, minimum: 0 }, name);
  }
});
