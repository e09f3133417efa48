import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { AuditReport } from "../../../admin/audit/audit-report.ts";

const counts = ["accepted", "stored", "duplicates", "deadLettered", "queued", "lost", "both", "duplicated"];

t.test("every count that the audit promises is there, whole and not negative", async (t) => {
  for (const name of [...counts, "unexpected", "corrupt", "recovered"]) {
    const property = (AuditReport.properties as unknown as Record<string, { type: string; minimum: number }>)[name];
    t.match(property, { type: "integer", minimum: 0 }, name);
  }
});

t.test("control: a report with something else in it is none", async (t) => {
  t.notOk(Compile(AuditReport).Check({ passed: true }));
});
