import { t } from "../../equipment/file-test.ts";
import { createRepeatedFailure } from "../../../shared/process/repeated-failure.ts";
import { createManualClock } from "../../equipment/manual-clock.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });

function prepare() {
  const log = recordLog();
  const clock = createManualClock();
  const failure = createRepeatedFailure({
    logger: log.logger,
    message: "it does not work",
    action: "dynamodb:UpdateItem",
    resource: "activity",
    construct: "Roles/WebRole",
    now: clock.now,
    everyMs: 60_000,
  });
  return { ...log, clock, failure };
}

t.test("an error in a row is told once in its time, with what would mend it and how often it came", async (t) => {
  const { records, clock, failure } = prepare();
  for (let second = 0; second < 90; second += 1) {
    failure.failed(denied);
    clock.advance(1_000);
  }
  const named = { action: "dynamodb:UpdateItem", resource: "activity", construct: "Roles/WebRole" };
  t.match(records, [
    { level: 40, msg: "it does not work", kind: "access-denied", failures: 1, ...named },
    { level: 40, msg: "it does not work", failures: 61 },
  ]);
  t.equal(records.length, 2);
});

t.test("its end is told once, and the next error at once", async (t) => {
  const { records, failure } = prepare();
  failure.succeeded();
  t.equal(records.length, 0, "there was none");
  failure.failed(denied);
  failure.succeeded();
  failure.succeeded();
  failure.failed(denied);
  t.match(records, [{ level: 40 }, { level: 30, failures: 1 }, { level: 40, failures: 1 }]);
  t.equal(records.length, 3);
});
