/** The results of a diagnosis: what each check found and, where it did not pass, what to do. */
import { Type, type Static } from "typebox";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { explain } from "../../terminal/exit.ts";
import { plain } from "../../shared/process/terminal-text.ts";
import type { Terminal } from "../../terminal/terminal.ts";

export const Check = Type.Object(
  {
    name: Type.String(),
    status: Type.Enum(["ok", "failed", "unknown", "skipped"], {
      description: "unknown: the check could not be made, so it has not passed; skipped: it does not apply",
    }),
    found: Type.String({ description: "what the check found" }),
    todo: Type.String({ description: "what to do; empty where nothing" }),
  },
  { additionalProperties: false },
);

export type Check = Static<typeof Check>;

/** What `--json` prints of `turnout doctor` and `turnout stack verify`. */
export const Checklist = Type.Object(
  {
    deployment: Type.String(),
    at: Type.String({ description: "ISO 8601, UTC" }),
    passed: Type.Boolean({ description: "nothing failed or is unknown" }),
    checks: Type.Array(Check),
  },
  { additionalProperties: false },
);

export type Checklist = Static<typeof Checklist>;

export function toChecklist(deployment: string, checks: readonly Check[]): Checklist {
  const passed = checks.every(({ status }) => status === "ok" || status === "skipped");
  return { deployment, at: new Date().toISOString(), passed, checks: [...checks] };
}

export function ok(name: string, found: string): Check {
  return { name, status: "ok", found, todo: "" };
}

export function failed(name: string, found: string, todo: string): Check {
  return { name, status: "failed", found, todo };
}

export function unknown(name: string, found: string, todo: string): Check {
  return { name, status: "unknown", found, todo };
}

export function skipped(name: string, found: string): Check {
  return { name, status: "skipped", found, todo: "" };
}

/** A missing resource is a failure; any other error leaves the check unknown. */
function toCheck(name: string, error: unknown): Check {
  const [found = "", ...todo] = explain(error).split("\n");
  const check = kindOf(error) === "missing-resource" ? failed : unknown;
  return check(name, found, todo.join(" "));
}

/**
 * Turns an error of a check into a result.
 * @throws only the signal's reason
 */
export async function attempt(
  name: string,
  signal: AbortSignal,
  work: () => Promise<Check | readonly Check[]>,
): Promise<readonly Check[]> {
  signal.throwIfAborted();
  try {
    return [await work()].flat();
  } catch (error) {
    signal.throwIfAborted();
    return [toCheck(name, error)];
  }
}

export function showChecklist({ deployment, checks, passed }: Checklist, { colors, print }: Terminal): void {
  const words = {
    ok: colors.green("ok  "),
    failed: colors.red("FAIL"),
    unknown: colors.yellow("?   "),
    skipped: colors.dim("-   "),
  };
  const width = checks.reduce((widest, { name }) => Math.max(widest, name.length), 0);
  print(`Checked: ${plain(deployment)}`);
  for (const { name, status, found, todo } of checks) {
    print(`${words[status]}  ${name.padEnd(width)}  ${plain(found)}`);
    if (todo !== "") print(`      ${" ".repeat(width)}→ ${plain(todo)}`);
  }
  const count = (wanted: Check["status"]) => checks.filter(({ status }) => status === wanted).length;
  const unclear = count("unknown") > 0 ? `, ${count("unknown")} unknown` : "";
  const verdict = passed ? colors.green("All is well") : colors.red(`${count("failed")} failed${unclear}`);
  print(`${verdict}: ${count("ok")} of ${checks.length - count("skipped")} checks passed.`);
}
