import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import {
  attempt,
  Checklist,
  failed,
  ok,
  showChecklist,
  skipped,
  toChecklist,
  unknown,
} from "../../../deploy/stack/checklist.ts";
import type { Terminal } from "../../../terminal/terminal.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { awsError } from "./deployed-summit.ts";

const calm = new AbortController().signal;

function failing(error: Error) {
  return async (): Promise<never> => {
    throw error;
  };
}

t.test("a list passes only where nothing failed or is unknown", async (t) => {
  const passed = (...checks: Parameters<typeof toChecklist>[1]) => toChecklist("summit", checks).passed;
  t.ok(passed(ok("a", "x"), skipped("b", "x")));
  t.notOk(passed(ok("a", "x"), failed("b", "x", "y")));
  t.notOk(passed(ok("a", "x"), unknown("b", "x", "y")));
  t.ok(Compile(Checklist).Check(toChecklist("summit", [failed("b", "x", "y")])));
});

t.test("a missing resource has failed; a denied or throttled check is unknown", async (t) => {
  const status = async (error: Error) => {
    const [check] = await attempt("table", calm, failing(error));
    return check?.status;
  };
  t.equal(await status(awsError("ResourceNotFoundException")), "failed");
  t.equal(await status(awsError("AccessDeniedException")), "unknown");
  t.equal(await status(awsError("Throttling")), "unknown");
  const [denied] = await attempt("table", calm, failing(awsError("AccessDenied", "may not dynamodb:X")));
  t.match(denied, { name: "table", found: /may not dynamodb:X/, todo: /Allow the action/ });
});

t.test("Ctrl-C is no result of a check", async (t) => {
  const stop = new AbortController();
  const checking = attempt("table", stop.signal, () => {
    stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT."));
    return Promise.reject(new Error("aborted"));
  });
  await t.rejects(checking, { code: "TURNOUT_INTERRUPTED" });
});

t.test("what to do is shown below the result, and no text of AWS can control the terminal", async (t) => {
  const lines: string[] = [];
  const paint = (text: string) => text;
  const terminal = {
    colors: { green: paint, red: paint, yellow: paint, dim: paint },
    print: (text: string) => lines.push(text),
  } as unknown as Terminal;
  showChecklist(
    toChecklist("summit", [ok("queue", "answers"), failed("worker", "is\x1b[2J red", "check its log")]),
    terminal,
  );
  t.match(lines, [
    "Checked: summit",
    /^ok +queue +answers/,
    /^FAIL {2}worker +is.\[2J red/,
    /^ +→ check its log/,
    /^1 failed/,
  ]);
  t.notMatch(lines.join("\n"), "\x1b");
});
