/** `turnout stress`: how much a deployment takes, found by sending it more and more. */
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import { findChromium, takePicture } from "../chart/page-picture.ts";
import { reportPage } from "../chart/report-page.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { addConnectionOptions, type ConnectionFlags } from "../../terminal/connection.ts";
import { addEventOption, readEvent, type EventFlag } from "../../terminal/event-option.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { openLedger, requireNewLedger } from "../../admin/audit/ledger.ts";
import { findDeployment, type Deployment } from "../people/deployment.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import { httpUrl, wholeNumber } from "../../terminal/option-values.ts";
import { checkVolume, parseSteps, stressBounds } from "./steps.ts";
import { describeStep, showStress, stressPage, type StressReport } from "./stress-report.ts";
import type { StressFindings, StressProgress } from "./stress.ts";
import { requireOwnTarget } from "./target.ts";
import type { Progress, Terminal } from "../../terminal/terminal.ts";

interface StressFlags extends ConnectionFlags, EventFlag {
  readonly url?: string;
  readonly iOwnThisTarget?: boolean;
  readonly steps: readonly number[];
  readonly seconds: number;
  readonly connections: number;
  readonly seed?: number;
  readonly ledger?: string;
  readonly html?: string;
  readonly png?: string;
  readonly stallTimeout: number;
  readonly json?: boolean;
}

const defaultSteps = "100,200,400,800";
const defaultSeconds = 10;
const defaultConnections = 2_000;
const defaultStallSeconds = 60;
const seeds = 1_000_000_000;

const examples = `
Without --url it goes to the stack that npm start runs on this machine; where none runs, it starts one for itself and
ends it again. Registrations are real: made-up people, each once, with addresses under domains that are reserved for
examples. They stay in the table of a deployment that goes on (turnout registrations forget).

People come at random moments at the rate of the step, whether or not earlier ones were answered, and waits are counted
from those moments. Who is asked to come back does not. The generator watches itself: where it, and not the service, is
the bottleneck, the report says so. For a deployment, send from a machine near it, and allow for the limits for each
client address (RATE_LIMIT_PER_MINUTE, the firewall): all of this comes from one.

Examples:
  turnout stress
  turnout stress --steps 200,400,800,1600,3200 --seconds 15 --html stress.html --png stress.png
  turnout stress --url https://test.example.org --stack summit-test --i-own-this-target --ledger run.jsonl --json

Exit codes: 0 ran to its end and all that was accepted is accounted for, whatever the limit; 1 it was stopped, or the
audit failed; 2 wrong usage.`;

/** Shows what goes on, each kind of work as a bar of its own. */
function createBars(terminal: Terminal) {
  let shown = "";
  let bar: Progress | undefined;
  let most = 0;
  return {
    update(progress: StressProgress) {
      const label = progress.doing === "sending" ? `sending ${progress.ratePerSecond}/s` : progress.doing;
      if (label !== shown) {
        bar?.stop();
        bar = terminal.progress(label);
        shown = label;
        most = 0;
      }
      if (progress.doing === "draining") {
        most = Math.max(most, progress.done);
        bar?.update(most - progress.done, most);
      } else bar?.update(progress.done, "total" in progress ? progress.total : undefined);
    },
    /** Takes the bar away, so that a line can be written. */
    stop() {
      bar?.stop();
      bar = undefined;
      shown = "";
    },
  };
}

export function buildStressCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("stress")
    .description(
      "Send rising load through the front door: what it takes, who gives way first, and that nothing is lost.",
    )
    .option("--url <url>", "where the web tier answers (default: the local stack)", httpUrl)
    .option("--i-own-this-target", "say that a target on another machine is yours; needed for --url")
    .addOption(
      new Option("--steps <rates>", "people each second, a number for each step")
        .argParser(parseSteps)
        .default(parseSteps(defaultSteps), defaultSteps),
    )
    .option("--seconds <n>", "how long each step lasts", wholeNumber(1, stressBounds.secondsPerStep), defaultSeconds)
    .option("--connections <n>", "connections at most", wholeNumber(1, 50_000), defaultConnections)
    .option(
      "--seed <n>",
      "make the people of this seed (default: another one each time)",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option("--ledger <file>", "keep the ledger of what was sent, in a new file, for: turnout audit --ledger FILE")
    .option("--html <file>", "write a page with charts as well")
    .option("--png <file>", "write that page as a picture, by the Chromium of this machine")
    .option(
      "--stall-timeout <seconds>",
      "give up when the drain stands still for so long",
      wholeNumber(5, 86_400),
      defaultStallSeconds,
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  async function writePages(flags: StressFlags, { report, series }: StressFindings): Promise<StressReport> {
    const page = reportPage(stressPage(report, series));
    let picture: string | null = null;
    if (flags.html !== undefined) writeFileSync(flags.html, page);
    if (flags.png !== undefined) {
      const browser = findChromium(env);
      if (browser === undefined) terminal.note("No picture: no Chromium was found on this machine (CHROMIUM_PATH).");
      else {
        await takePicture(page, flags.png, browser);
        picture = flags.png;
      }
    }
    return { ...report, page: flags.html ?? null, picture };
  }

  return addConnectionOptions(addEventOption(command)).action(async (flags: StressFlags) => {
    requireOwnTarget(flags.url, flags.iOwnThisTarget ?? false);
    checkVolume(flags.steps, flags.seconds);
    const event = readEvent(flags, env);
    if (event === undefined) {
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        "The people answer an event's fields, so there has to be one. Give --event FILE.",
      );
    }
    // Before anything is sent, or even started.
    if (flags.ledger !== undefined) requireNewLedger(flags.ledger);
    const scratch = mkdtempSync(join(tmpdir(), "turnout-stress-"));
    const ledgerPath = flags.ledger ?? join(scratch, "ledger.jsonl");
    const bars = createBars(terminal);
    let deployment: Deployment | undefined;
    let keepScratch = false;
    try {
      // Only here: the names of many languages take longer to load than most commands take to run.
      const { runStress } = await import("./stress.ts");
      deployment = await findDeployment({ flags, env, signal, note: terminal.note });
      const { sqs, queueUrl } = deployment.connection;
      const findings = await runStress({
        deployment,
        event,
        rates: flags.steps,
        secondsPerStep: flags.seconds,
        seed: flags.seed ?? randomInt(seeds),
        maxConnections: flags.connections,
        ledger: openLedger(ledgerPath, await readStackIdentity(sqs, queueUrl)),
        ledgerPath,
        stallSeconds: flags.stallTimeout,
        signal,
        onProgress: bars.update,
        onStepDone(step) {
          bars.stop();
          terminal.note(describeStep(step));
        },
      });
      bars.stop();
      // What could not be audited, or failed it, is looked into by its ledger; that of a stack that is gone is of no use.
      keepScratch = flags.ledger === undefined && !findings.report.passed && !deployment.own;
      const kept = keepScratch || flags.ledger !== undefined;
      const report = await writePages(flags, {
        ...findings,
        report: { ...findings.report, ledger: kept ? ledgerPath : null },
      });
      if (flags.json) terminal.printJson(report);
      else showStress(terminal, report);
      if (report.interrupted) terminal.note("Stopped on request.");
      finish(report.passed ? exitCodes.ok : exitCodes.failed);
    } finally {
      bars.stop();
      if (!keepScratch) rmSync(scratch, { recursive: true, force: true });
      await deployment?.close();
    }
  });
}
