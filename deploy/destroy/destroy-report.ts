/** The report of a removal, for machines and for people: plan, outcome and leftovers. */
import { Type, type Static } from "typebox";
import { LeftoversReport } from "../stack/leftovers.ts";
import { showLeftovers } from "../stack/leftovers-view.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { PlannedResource } from "./removal-plan.ts";

/** What `--json` prints. */
export const DestroyOutput = Type.Object(
  {
    stack: Type.String(),
    stage: Type.String(),
    account: Type.String(),
    region: Type.String(),
    outcome: Type.Enum(["removed", "planned", "declined", "not-ready", "failed", "late"]),
    problems: Type.Array(Type.String()),
    removed: Type.Integer({ minimum: 0, description: "resources removed with the stack" }),
    kept: Type.Array(PlannedResource, { description: "what stays by intent" }),
    waitingMessages: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: "on both queues: accepted and not stored yet; null: unknown",
    }),
    exported: Type.Union([Type.Object({ file: Type.String(), rows: Type.Integer() }), Type.Null()]),
    evidence: Type.Array(Type.String(), {
      description: "files with the events and logs of a deployment that had failed",
    }),
    failures: Type.Array(
      Type.Object({ resource: Type.String(), type: Type.String(), reason: Type.String(), advice: Type.String() }),
    ),
    leftovers: Type.Union([LeftoversReport, Type.Null()]),
    seconds: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);

export type DestroyOutput = Static<typeof DestroyOutput>;

/** @param all whether what the stack keeps is removed as well */
export function showPlan({ colors, note }: Terminal, output: DestroyOutput, all: boolean): void {
  const { stack, stage, account, region, removed, kept, waitingMessages, leftovers } = output;
  const isGone = leftovers !== null;
  note(`${colors.bold(stack)} (${isGone ? "removed earlier" : stage}) in account ${account}, ${region}`);
  if (!isGone)
    note(
      `  goes:  ${removed} resource(s) of the stack${all && kept.length > 0 ? `, and the ${kept.length} below` : ""}`,
    );
  if (kept.length === 0) note("  stays: nothing");
  for (const { type, name } of kept) note(`  ${all ? colors.red("goes: ") : "stays:"} ${name} (${type})`);
  if (isGone && kept.length > 0 && !all) note("  --delete-data deletes these as well, for good.");
  if (isGone) return;
  if (waitingMessages === null) note("  It cannot be told whether registrations still wait on the queues.");
  else if (waitingMessages > 0) {
    const lost = all || kept.length === 0 ? " They go with the queues and were never stored." : "";
    note(colors.yellow(`  ${waitingMessages} message(s) with accepted registrations still wait on the queues.${lost}`));
  }
}

export function showRemoval(terminal: Terminal, output: DestroyOutput): void {
  const { colors, note, print } = terminal;
  const { stack, outcome, problems, failures, leftovers, exported, seconds } = output;
  for (const problem of problems) note(`${colors.red("✗")} ${problem}`);
  if (exported !== null) print(`${exported.rows.toLocaleString("en")} registrations in ${exported.file}`);
  for (const { resource, type, reason, advice } of failures) {
    print(`${colors.red("Not removed:")} ${resource} (${type})`);
    print(`  ${reason}`);
    print(`  ${advice}`);
  }
  if (outcome === "late")
    print(`CloudFormation is still removing ${stack}. Run the same command again to wait for it.`);
  else if (outcome === "failed") print(`${stack} is half removed. Fix the cause and run the same command again.`);
  else if (outcome === "removed") print(`${stack} is removed (${formatSeconds(seconds)}).`);
  else print("Nothing was removed.");
  if (leftovers !== null) showLeftovers(terminal, leftovers);
}
