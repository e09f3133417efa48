/** Numbers as people read them. */
import type { Goal, GoalFigure } from "../goals.ts";
import type { OverloadResult } from "../scenarios/overload.ts";

/** @returns three digits that matter, more only for whole numbers */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "none";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}

export function goalText({ atMost, atLeast, unit }: Goal): string {
  return atMost === undefined ? `at least ${figure(atLeast ?? NaN)} ${unit}` : `at most ${figure(atMost)} ${unit}`;
}

/** @returns a goal as cells: what it is, the figure, the middle half of the rounds, what was wanted */
export function goalCells(goal: GoalFigure): string[] {
  const range = goal.count > 1 ? `${figure(goal.low)} to ${figure(goal.high)}` : "once";
  return [goal.label, `${figure(goal.median)} ${goal.unit}`, range, goalText(goal)];
}

/** @returns a step of the overload as cells: what was too slow, how many times too many, and what became of them */
export function stepCells(step: OverloadResult["steps"][number]): string[] {
  const { limit, multiple, offeredPerSecond, acceptedPerSecond, shedPerSecond, failed } = step;
  const rates = [offeredPerSecond, acceptedPerSecond, shedPerSecond].map(figure);
  return [limit, String(multiple), ...rates, String(failed)];
}
