import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { TierState } from "../../../admin/inspector/tier-state.ts";

t.test("a state says of which tier it is, how that is, and why", async (t) => {
  const validator = Compile(TierState);
  t.ok(validator.Check({ tier: "web", health: "unhealthy", causes: ["cannot enqueue"] }));
  t.notOk(validator.Check({ tier: "web", health: "fine", causes: [] }), "control");
});
