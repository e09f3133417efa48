/**
 * Runs the AWS command line as a child process. Only Systems Manager is asked so: whoever is to get onto an instance needs
 * that command anyway, for Session Manager's plugin belongs to it.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { TurnoutError } from "../../shared/errors.ts";
import type { Environment } from "../../shared/process/environment.ts";
import type { Place } from "./clients.ts";

export interface AwsCommandOptions extends Place {
  /** With PATH, where `aws` is found. */
  readonly env: Environment;
  readonly signal: AbortSignal;
}

const maxOutputBytes = 16 * 1_024 * 1_024;

/**
 * @param args after `aws`, without region, profile and output
 * @returns what it printed, parsed; null where it printed nothing
 * @throws TURNOUT_USAGE_INVALID where there is no such command; an Error with AWS's own words; the signal's reason
 */
export async function runAws(args: readonly string[], options: AwsCommandOptions): Promise<unknown> {
  const { env, region, profile, signal } = options;
  const place = [
    ...(region === undefined ? [] : ["--region", region]),
    ...(profile === undefined ? [] : ["--profile", profile]),
  ];
  try {
    const { stdout } = await promisify(execFile)("aws", [...args, ...place, "--output", "json"], {
      env: { ...env, AWS_PAGER: "" },
      maxBuffer: maxOutputBytes,
      signal,
    });
    return stdout.trim() === "" ? null : JSON.parse(stdout);
  } catch (error) {
    signal.throwIfAborted();
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") {
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        "This needs the AWS command line, as Session Manager does: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
      );
    }
    throw stderr.trim() === ""
      ? error
      : new Error(`aws ${args.slice(0, 2).join(" ")}: ${stderr.trim()}`, { cause: error });
  }
}
