import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { AcceptanceOutput, describeAcceptance, toAcceptanceOutput } from "../../../admin/acceptance/acceptance-view.ts";
import { acceptedByDefault } from "../../../shared/acceptance/acceptance.ts";

const now = Date.parse("2026-03-01T10:00:00.000Z");
const validator = Compile(AcceptanceOutput);

t.test("the state is said as it is now, not as it was ordered", async (t) => {
  const paused = { ...acceptedByDefault, state: "paused" as const, who: "ann", why: "count", version: 1 };
  const over = { ...paused, until: "2026-03-01T09:00:00.000Z" };
  const ahead = { ...paused, until: "2026-03-01T11:00:00.000Z" };
  for (const [acceptance, isPaused, words] of [
    [acceptedByDefault, false, /^open, within/],
    [paused, true, /^paused, until somebody resumes$/],
    [ahead, true, /^paused, until 2026-03-01T11:00/],
    [over, false, /^open: the pause ended by itself at 2026-03-01T09:00/],
  ] as const) {
    const output = toAcceptanceOutput(acceptance, now);
    t.ok(validator.Check(output));
    t.equal(output.paused, isPaused);
    t.match(
      describeAcceptance(output, (instant) => instant),
      words,
    );
  }
});
