/** `turnout stress`: finds out how much a deployment can take by sending it more and more. */
import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { CommandHost } from "../../terminal/command-line.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { reportPage } from "../chart/report-page.ts";
import { addLoadOptions, requireEvent, withLoad, type LoadFlags } from "../run/load-command.ts";
import { keepLastStress } from "./last-result.ts";
import { checkVolume, parseSteps, requireOwnTarget, stressBounds } from "./steps.ts";
import { describeStep, showStress, stressPage, type StressReport } from "./stress-report.ts";

interface StressFlags extends LoadFlags {
  readonly iOwnThisTarget?: boolean;
  readonly steps: readonly number[];
  readonly seconds: number;
  readonly connections: number;
  readonly html?: string;
}

const defaultSteps = "100,200,400,800";
const defaultSeconds = 10;
const defaultConnections = 2_000;
const seeds = 1_000_000_000;

const help = `
With --stack it sends to that deployment's site. Without --stack and --url it uses the stack that npm start runs on this
machine; if none runs, it starts one for itself and ends it again. The registrations are real: made-up people, each once, with addresses under domains reserved for examples. In a
deployment that stays up they stay in the table (turnout registrations forget removes them).

Requests are sent at random moments at the rate of the step, whether or not earlier ones were answered, and latency counts
from those moments. A request that is shed is not retried. The generator measures itself: when it, and not the service, is
the bottleneck, the report says so. To test a deployment, send from a machine near it. All requests come from one address,
of which each web instance takes 600 a minute: deploy with -c loadTestFrom=ADDRESS -c loadTestUntil=TIME first.

Examples:
  turnout stress
  turnout stress --steps 200,400,800,1600,3200 --seconds 15 --html stress.html
  turnout stress --stack summit-test --i-own-this-target --steps 1000,2000,4000 --seconds 120 --ledger run.jsonl --json

Exit codes: 0 ran to its end and everything accepted is accounted for, whatever the limit; 1 it was interrupted, or the
audit failed; 2 wrong usage.`;

export function buildStressCommand(host: CommandHost): Command {
  const { terminal, finish } = host;
  const command = new Command("stress")
    .description(
      "Send a rising load: how much the service takes, what reaches its limit first, and that nothing is lost.",
    )
    .option("--i-own-this-target", "say that a target on another machine is yours; needed for --url and --stack")
    .addOption(
      new Option("--steps <rates>", "requests each second, a number for each step")
        .argParser(parseSteps)
        .default(parseSteps(defaultSteps), defaultSteps),
    )
    .option("--seconds <n>", "how long each step lasts", wholeNumber(1, stressBounds.secondsPerStep), defaultSeconds)
    .option("--connections <n>", "connections at most", wholeNumber(1, 50_000), defaultConnections)
    .option("--html <file>", "also write a page with charts; a browser prints it")
    .addHelpText("after", help);

  /** A stack's site is known: only its name has to be given. */
  async function siteOf({ stack, profile, region }: StressFlags): Promise<string | undefined> {
    if (stack === undefined) return undefined;
    const { readStackOutputs } = await import("../../terminal/stack-outputs.ts");
    return (await readStackOutputs({ stack, profile, region: region ?? (host.env.AWS_REGION || undefined) })).Url;
  }

  return addLoadOptions(command).action(async (flags: StressFlags) => {
    checkVolume(flags.steps, flags.seconds);
    const event = requireEvent(flags, host);
    const url = flags.url ?? (await siteOf(flags));
    requireOwnTarget(url, flags.iOwnThisTarget ?? false);
    await withLoad(host, { ...flags, ...(url !== undefined && { url }) }, event, async (setup) => {
      // Imported late, because the lists of names take longer to load than most commands take to run.
      const { runStress } = await import("./stress.ts");
      const { report, series } = await runStress({
        ...setup,
        rates: flags.steps,
        secondsPerStep: flags.seconds,
        seed: flags.seed ?? randomInt(seeds),
        maxConnections: flags.connections,
        onStepDone(step) {
          setup.bars.stop();
          terminal.note(describeStep(step));
        },
      });
      setup.bars.stop();
      const shown: StressReport = { ...report, ledger: setup.ledgerKept(report.passed), page: flags.html ?? null };
      const kept = report.interrupted ? undefined : keepLastStress(host.env, shown);
      if (flags.html !== undefined) writeFileSync(flags.html, reportPage(stressPage(shown, series)));
      if (flags.json) terminal.printJson(shown);
      else showStress(terminal, shown);
      if (kept !== undefined) terminal.note(`Kept for turnout plan: ${kept}`);
      if (report.interrupted) terminal.note("Stopped on request.");
      finish(report.passed ? exitCodes.ok : exitCodes.failed);
    });
  });
}
