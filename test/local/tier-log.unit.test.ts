import { t } from "../equipment/file-test.ts";
import { createQuieter, readLogLine } from "../../local/tier-log.ts";

const line = (fields: object) => JSON.stringify({ time: "2026-01-01T00:00:00.000Z", tier: "web", ...fields });

t.test("warnings and worse become one readable line, everything else is left to the log file", async (t) => {
  t.strictSame(readLogLine(line({ level: "warn", msg: "slow" })), { level: "warn", text: "slow" });
  const err = { type: "Error", message: "rejected", code: "ECONNREFUSED", stack: "…" };
  t.strictSame(readLogLine(line({ level: "error", msg: "send failed", err })), {
    level: "error",
    text: "send failed rejected (ECONNREFUSED)",
  });
  for (const level of ["info", "debug", "trace"]) t.equal(readLogLine(line({ level, msg: "x" })), undefined);
});

t.test("what is no JSON is shown as it is, such as the trace of a crash; a blank line is not", async (t) => {
  t.strictSame(readLogLine("Error: boom"), { level: "warn", text: "Error: boom" });
  t.strictSame(readLogLine("{broken"), { level: "warn", text: "{broken" });
  t.equal(readLogLine("  "), undefined);
});

t.test("nothing that is quoted can steer the terminal", async (t) => {
  const text = readLogLine(line({ level: "warn", msg: "a\u001b[2Jb\r\nc\u009bd\u061c\u200be" }))?.text ?? "";
  t.equal(text, "a\ufffd[2Jb\ufffd c\ufffdd\ufffd\ufffde");
  t.ok((readLogLine(`x${"y".repeat(10_000)}`)?.text.length ?? 0) <= 500);
});

t.test("the same text passes once per interval, then with the number held back", async (t) => {
  let now = 0;
  const quieter = createQuieter(1_000, () => now);
  t.equal(quieter.pass("down"), "down");
  t.equal(quieter.pass("down"), undefined);
  t.equal(quieter.pass("other"), "other");
  now = 999;
  t.equal(quieter.pass("down"), undefined);
  now = 1_000;
  t.equal(quieter.pass("down"), "down (and 2 times more)");
  now = 2_000;
  t.equal(quieter.pass("down"), "down");
});
