/**
 * What a diagnosis comes to: a list of checks, each with what was found and, where it is not as it should be, what to do.
 * A check that could not be made is not one that passed.
 */
import { Type, type Static } from "typebox";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { explain } from "../../terminal/exit.ts";
import { plain } from "../../shared/process/terminal-text.ts";
import type { Terminal } from "../../terminal/terminal.ts";

export const Check = Type.Object(
  {
    name: Type.String(),
    status: Type.Enum(["ok", "failed", "unknown", "skipped"], {
      description: "unknown: it could not be found out; skipped: it does not apply here",
    }),
    found: Type.String({ description: "what was seen" }),
    todo: Type.String({ description: "what to do; empty where nothing is to be done" }),
  },
  { additionalProperties: false },
);

export type Check = Static<typeof Check>;

/** What `--json` prints of `turnout doctor` and `turnout stack verify`. */
export const Checklist = Type.Object(
  {
    deployment: Type.String(),
    at: Type.String({ description: "ISO 8601, UTC" }),
    passed: Type.Boolean({ description: "whether all is well: nothing failed, nothing remained unknown" }),
    checks: Type.Array(Check),
  },
  { additionalProperties: false },
);

export type Checklist = Static<typeof Checklist>;

/** @returns the list, judged */
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

/** @returns what an error says of a check: what does not exist has failed, anything else leaves it open */
function toCheck(name: string, error: unknown): Check {
  const [found = "", ...todo] = explain(error).split("\n");
  const check = kindOf(error) === "missing-resource" ? failed : unknown;
  return check(name, found, todo.join(" "));
}

/**
 * Makes one check, whatever becomes of it.
 * @throws only what the signal was aborted with
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

/** Shows the list as a person reads it: what to do stands below what is wrong. */
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
  const open = count("unknown") > 0 ? `, ${count("unknown")} could not be found out` : "";
  const verdict = passed ? colors.green("All is well") : colors.red(`${count("failed")} failed${open}`);
  print(`${verdict}: ${count("ok")} of ${checks.length - count("skipped")} checks passed.`);
}
