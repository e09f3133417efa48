/** Numbers as people read them. */
import type { Goal } from "../goals.ts";

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
