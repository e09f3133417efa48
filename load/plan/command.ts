/** `turnout plan`: finds the capacity that a rush needs, by simulating it. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { reportPage } from "../chart/report-page.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { arrivalShapes, readArrivals, shapeArrivals, type ArrivalShape } from "./arrivals.ts";
import { costOf, dailyDollars } from "./cost.ts";
import { deployableSettings } from "./deployable-settings.ts";
import { instanceRates, type InstanceRates } from "./instance-rates.ts";
import { makePlan, targetUtilisation } from "./planner.ts";
import { planPage, planReport, showPlan } from "./plan-report.ts";
import { instanceTypes, type InstanceType } from "./prices.ts";
import { usageOf } from "./usage.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { Environment } from "../../shared/process/environment.ts";
import { lastStressFile } from "../stress/last-result.ts";
import { readStressReport, stressRates } from "./stress-figures.ts";
import type { CommandHost } from "../../terminal/command-line.ts";

interface PlanFlags {
  readonly attendees: number;
  readonly minutes: number;
  readonly shape: ArrivalShape;
  readonly arrivals?: string;
  readonly confirmWithin: number;
  readonly webType: InstanceType;
  readonly workerType: InstanceType;
  readonly webRate?: number;
  readonly workerRate?: number;
  readonly from?: string;
  readonly measuredWeb?: number;
  readonly measuredWorkers?: number;
  readonly instanceReady: number;
  readonly mail?: boolean;
  readonly waf?: boolean;
  readonly html?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout plan --attendees 200000 --minutes 5
  turnout plan --attendees 1000000 --minutes 5 --confirm-within 30 --html plan.html
  turnout stress --stack summit-test --i-own-this-target --steps 1000,2000,4000 --json > stress.json
  turnout plan --attendees 200000 --minutes 5 --from stress.json --measured-web 2 --measured-workers 1
  turnout plan --arrivals last-year.csv --web-rate 6000 --json

It asks nothing of AWS and changes nothing. It prints settings for npm run deploy, with which no part does more than
${targetUtilisation * 100} % of what it can and with an instance of each tier to spare, and says where each rate comes from: what was given,
a stress run, the benchmark. A stress run against a deployment is used by itself when it is the last one on this machine and its
instances are named. Shapes: burst, most come in the first moments; ramp, more and more until the middle; even. A measured
rush is a CSV of second,arrivals. It ends with what the rush costs, by service, and what a million registrations do: an estimate
from list prices of one region, without tax and free tier; --mail and --waf add what they cost. See docs/capacity.md for what
simulation and costs leave out.`;

const benchResults = join(import.meta.dirname, "..", "..", "bench", "results.json");
const largest = 100_000_000;

/** @returns the rates of a run; none, with a note, where they would mislead */
function measuredRates(flags: PlanFlags, env: Environment, note: (line: string) => void): Partial<InstanceRates> {
  const last = lastStressFile(env);
  const file = flags.from ?? (existsSync(last) ? last : undefined);
  if (file === undefined) return {};
  const report = readStressReport(file);
  const { measuredWeb, measuredWorkers } = flags;
  if (report.sharedMachine) {
    if (flags.from !== undefined) {
      return stressRates(report, { web: measuredWeb ?? 1, worker: measuredWorkers ?? 1 });
    }
    note(`The last stress run shared this machine with its load, so it is not used: --from ${file} would.`);
    return {};
  }
  if (measuredWeb !== undefined && measuredWorkers !== undefined) {
    return stressRates(report, { web: measuredWeb, worker: measuredWorkers });
  }
  const what = `how many instances of each tier ${report.target} had: --measured-web and --measured-workers`;
  if (flags.from !== undefined) throw new TurnoutError("TURNOUT_USAGE_INVALID", `Say ${what}.`);
  note(`The last stress run (${report.at.slice(0, 10)}) is not used: it is not known ${what} say so.`);
  return {};
}

/** What was given comes before what a stress run measured, and that before the benchmark. */
function ratesFor(flags: PlanFlags, env: Environment, note: (line: string) => void): InstanceRates {
  return {
    ...instanceRates(benchResults, flags.webType, flags.workerType),
    ...measuredRates(flags, env, note),
    ...(flags.webRate !== undefined && { webPerSecond: flags.webRate, webSource: "given with --web-rate" }),
    ...(flags.workerRate !== undefined && {
      workerPerSecond: flags.workerRate,
      workerSource: "given with --worker-rate",
    }),
  };
}

export function buildPlanCommand({ terminal, env }: CommandHost): Command {
  return new Command("plan")
    .description("Plan capacity: what to set before a rush, how long people will wait, what it costs.")
    .option("--attendees <count>", "people who will come", wholeNumber(1, largest), 100_000)
    .option("--minutes <count>", "in how many minutes", wholeNumber(1, 1_440), 10)
    .addOption(new Option("--shape <shape>", "how they come").choices([...arrivalShapes]).default("burst"))
    .option("--arrivals <file>", "a measured rush instead: CSV of second,arrivals")
    .option("--confirm-within <seconds>", "longest wait from accepted to confirmed", wholeNumber(1, 86_400), 60)
    .addOption(new Option("--web-type <type>", "web instance").choices(instanceTypes).default("c7g.medium"))
    .addOption(new Option("--worker-type <type>", "worker instance").choices(instanceTypes).default("c7g.medium"))
    .option("--web-rate <count>", "registrations/s of one web instance, if measured", wholeNumber(1, 1_000_000))
    .option("--worker-rate <count>", "registrations/s of one worker instance, if measured", wholeNumber(1, 1_000_000))
    .option("--from <file>", "rates that turnout stress --json measured")
    .option(
      "--measured-web <count>",
      "web instances that the stress run met (1 on this machine)",
      wholeNumber(1, 1_000),
    )
    .option("--measured-workers <count>", "worker instances that it met (1 on this machine)", wholeNumber(1, 1_000))
    .option(
      "--instance-ready <seconds>",
      "from the decision to start an instance until it is in service",
      wholeNumber(1, 3_600),
      scalingPolicy.instanceReadySeconds,
    )
    .option("--mail", "reckon with a mail to everybody who is confirmed")
    .option("--waf", "reckon with the firewall")
    .option("--html <file>", "also write a page with charts; a browser prints it")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples)
    .action((flags: PlanFlags) => {
      const arrivals =
        flags.arrivals === undefined
          ? shapeArrivals(flags.attendees, flags.minutes * 60, flags.shape)
          : readArrivals(flags.arrivals);
      const rates = ratesFor(flags, env, terminal.note);
      const plan = makePlan({
        arrivals,
        rates,
        confirmWithinSeconds: flags.confirmWithin,
        instanceReadySeconds: flags.instanceReady,
      });
      const raisedSeconds =
        plan.settings.leadSeconds + Math.max(plan.planned.drainedAtSeconds ?? 0, scalingPolicy.rush.holdSeconds);
      const usage = usageOf({
        settings: plan.settings,
        outcome: plan.planned,
        webType: flags.webType,
        workerType: flags.workerType,
        raisedSeconds,
        mail: flags.mail ?? false,
        firewall: flags.waf ?? false,
      });
      const { web, worker } = scalingPolicy;
      const idle = {
        web: { ...usage.web, instances: web.minInstances },
        worker: { ...usage.worker, instances: worker.minInstances },
      };
      const findings = {
        attendees: arrivals.reduce((sum, people) => sum + people, 0),
        seconds: arrivals.length,
        rates,
        plan,
        deployable: deployableSettings(plan.settings, flags.webType, flags.workerType),
        usage,
        cost: costOf(usage),
        idleDollarsPerDay: dailyDollars({ ...idle, firewallRules: usage.firewallRules }),
      };
      if (flags.html !== undefined) {
        writeFileSync(flags.html, reportPage(planPage(findings)));
        terminal.note(`Wrote ${flags.html}`);
      }
      if (flags.json) terminal.printJson(planReport(findings));
      else showPlan(terminal, findings);
    });
}
