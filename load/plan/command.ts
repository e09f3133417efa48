/** `turnout plan`: finds the capacity that a rush needs, by simulating it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { scalingPolicy } from "../../shared/aws/scaling-policy.ts";
import { reportPage } from "../chart/report-page.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { arrivalShapes, readArrivals, shapeArrivals, type ArrivalShape } from "./arrivals.ts";
import { costOf } from "./cost.ts";
import { instanceRates } from "./instance-rates.ts";
import { makePlan } from "./planner.ts";
import { planPage, planReport, showPlan } from "./plan-report.ts";
import { instanceTypes, type InstanceType } from "./prices.ts";
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
  readonly instanceReady: number;
  readonly html?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout plan --attendees 200000 --minutes 5
  turnout plan --attendees 1000000 --minutes 5 --confirm-within 30 --html plan.html
  turnout plan --arrivals last-year.csv --web-rate 6000 --json

It asks nothing of AWS and changes nothing. Shapes: burst, most come in the first moments; ramp, more and more until
the middle; even. A measured rush is a CSV of second,arrivals. See docs/capacity.md for what the simulation leaves out.`;

const benchResults = join(import.meta.dirname, "..", "..", "bench", "results.json");
const largest = 100_000_000;

export function buildPlanCommand({ terminal }: CommandHost): Command {
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
    .option(
      "--instance-ready <seconds>",
      "from the decision to start an instance until it is in service",
      wholeNumber(1, 3_600),
      scalingPolicy.instanceReadySeconds,
    )
    .option("--html <file>", "also write a page with charts; a browser prints it")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples)
    .action((flags: PlanFlags) => {
      const arrivals =
        flags.arrivals === undefined
          ? shapeArrivals(flags.attendees, flags.minutes * 60, flags.shape)
          : readArrivals(flags.arrivals);
      const measured = instanceRates(benchResults, flags.webType, flags.workerType);
      const rates = {
        ...measured,
        ...(flags.webRate !== undefined && { webPerSecond: flags.webRate }),
        ...(flags.workerRate !== undefined && { workerPerSecond: flags.workerRate }),
        ...(flags.webRate !== undefined && flags.workerRate !== undefined && { source: "as given" }),
      };
      const plan = makePlan({
        arrivals,
        rates,
        confirmWithinSeconds: flags.confirmWithin,
        instanceReadySeconds: flags.instanceReady,
      });
      const raisedSeconds =
        plan.settings.leadSeconds + Math.max(plan.planned.drainedAtSeconds ?? 0, scalingPolicy.rush.holdSeconds);
      const findings = {
        attendees: arrivals.reduce((sum, people) => sum + people, 0),
        seconds: arrivals.length,
        rates,
        plan,
        cost: costOf({
          settings: plan.settings,
          outcome: plan.planned,
          webType: flags.webType,
          workerType: flags.workerType,
          raisedSeconds,
        }),
      };
      if (flags.html !== undefined) {
        writeFileSync(flags.html, reportPage(planPage(findings)));
        terminal.note(`Wrote ${flags.html}`);
      }
      if (flags.json) terminal.printJson(planReport(findings));
      else showPlan(terminal, findings);
    });
}
