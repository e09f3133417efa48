/** `turnout stack`: the commands about a deployment on AWS. */
import { Command } from "commander";
import type { CommandHost } from "../../terminal/command-line.ts";
import { buildLeftoversCommand } from "./leftovers.ts";
import { buildStressCpuCommand } from "./stress-cpu.ts";
import { buildVerifyCommand } from "./verify.ts";
import { buildWatchScalingCommand } from "./watch-scaling.ts";

export function buildStackCommand(host: CommandHost): Command {
  return new Command("stack")
    .description("The deployment on AWS: whether all of it works, how it scales, and what it leaves behind.")
    .addCommand(buildVerifyCommand(host))
    .addCommand(buildWatchScalingCommand(host))
    .addCommand(buildStressCpuCommand(host))
    .addCommand(buildLeftoversCommand(host));
}
