/**
 * Which processor each process of the benchmark runs on: the one under test has one for itself, as far as this machine
 * has enough of them, so that the load generator does not steal the time that is measured.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

export type Role = "subject" | "load" | "aws";

export interface Pinning {
  /** In words, for the report. */
  readonly description: string;
  /** @returns the command and arguments that start it where it belongs */
  place(role: Role, command: string, args: readonly string[]): { command: string; args: string[] };
}

/** @returns pins by `taskset` where it exists and there are two processors or more; otherwise leaves all as it is */
export function createPinning(): Pinning {
  const processors = availableParallelism();
  if (processors < 2 || spawnSync("taskset", ["--version"]).status !== 0) {
    return {
      description: "not pinned",
      place: (_role, command, args) => ({ command, args: [...args] }),
    };
  }
  const placement: Record<Role, number> = { subject: 1, load: processors > 2 ? 2 : 0, aws: 0 };
  return {
    description: `pinned: under test on processor 1, load on ${placement.load}, fake AWS on ${placement.aws}`,
    place: (role, command, args) => ({
      command: "taskset",
      args: ["--cpu-list", String(placement[role]), command, ...args],
    }),
  };
}
