/** `turnout stack watch-scaling`: proves that a deployment scales, or shows which link is missing. */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Command, Option } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { addConnectionOptions, type ConnectionFlags } from "../../terminal/connection.ts";
import type { DeploymentClients } from "../stack/clients.ts";
import { readStack } from "../stack/deployed-stack.ts";
import {
  chainHead,
  chainRows,
  eventLine,
  removalHead,
  removalRows,
  sampleLine,
  scalingPage,
  type ScalingRecord,
} from "../stack/scaling-report.ts";
import type { ScalingHistory, ScalingHistoryOptions } from "../stack/scaling-history.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { unknownStack } from "../../terminal/stack-names.ts";
import { plain } from "../../shared/process/terminal-text.ts";

interface WatchScalingFlags extends ConnectionFlags {
  /** Minutes. */
  readonly for: number;
  /** Seconds. */
  readonly every: number;
  readonly untilDrained?: boolean;
  readonly untilShrunk?: boolean;
  readonly report?: string;
  readonly json?: boolean;
}

const defaultMinutes = 60;
const defaultEverySeconds = 30;

const examples = `
Examples:
  turnout stack watch-scaling --stack summit-test --report scaling.html
  turnout stack watch-scaling --stack summit-test --until-drained --for 90
  turnout stack watch-scaling --stack summit-test --until-shrunk --for 120 --report scaling.html

Start it, then the load in another terminal: turnout stress, or turnout stack stress-cpu. docs/operations.md, Scaling, has the
whole proof. It shows each step of the load, each metric that crosses its threshold, each alarm, each decision of Auto
Scaling, each instance in service, the empty queue and each instance that is taken away again, with times, as CloudWatch
and Auto Scaling record them, and CPU, memory and network of both tiers. A minute's figures are complete three minutes
after it began. Ctrl-C ends it and still writes the report. With --until-…, exit code 1 when the time is up first.`;

type Parts = Pick<ScalingHistoryOptions, "queueUrl" | "groups">;

async function findParts({ cloudFormation }: DeploymentClients, name: string): Promise<Parts> {
  const stack = await readStack(cloudFormation, name);
  if (stack === undefined) throw await unknownStack(cloudFormation, name);
  const { QueueUrl, WebGroup, WorkerGroup } = stack.outputs;
  if (!QueueUrl || !WebGroup || !WorkerGroup) {
    const message = `The stack ${name} is ${stack.status} and names no Auto Scaling groups: it is incomplete, or none of Turnout's. turnout stack verify says more.`;
    throw new TurnoutError("TURNOUT_DEPLOYMENT_UNKNOWN", message);
  }
  return { queueUrl: QueueUrl, groups: { web: WebGroup, worker: WorkerGroup } };
}

export function buildWatchScalingCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const shown = new Set<string>();

  /** Each read returns the whole history. */
  function showNews({ samples, events, errors }: ScalingHistory): void {
    const lines = [
      ...errors.map((error) => ({ at: "", text: `Not answered: ${plain(error)}`, show: terminal.note })),
      ...samples.map((sample) => ({
        at: sample.at,
        text: terminal.colors.dim(sampleLine(sample)),
        show: terminal.print,
      })),
      ...events.map((event) => ({ at: event.at, text: plain(eventLine(event)), show: terminal.print })),
    ];
    for (const { at, text, show } of lines.toSorted((a, b) => a.at.localeCompare(b.at))) {
      if (!shown.has(at + text)) show(text);
      shown.add(at + text);
    }
  }

  function showRecord({ chains, removals }: ScalingRecord): void {
    if (chains.length === 0) terminal.print("Auto Scaling added no instance.");
    else terminal.printTable(chainHead, chainRows(chains));
    if (removals.length > 0) terminal.printTable(removalHead, removalRows(removals));
    else if (chains.length > 0) terminal.print("It took none away until now; --until-shrunk waits for that.");
  }

  async function watch(clients: DeploymentClients, stack: string, flags: WatchScalingFlags): Promise<ScalingRecord> {
    const parts = await findParts(clients, stack);
    const { createScalingHistory, isShrunk } = await import("../stack/scaling-history.ts");
    const began = Date.now();
    const read = createScalingHistory({ clients, stack, ...parts, since: began, wallClock: Date.now });
    const until = began + flags.for * 60_000;
    terminal.note(`Watching ${stack} for ${flags.for} min, until Ctrl-C at the latest. All times are UTC.`);
    for (;;) {
      const { errors, ...history } = await read();
      const recordOf = (ended: ScalingRecord["ended"]): ScalingRecord => ({
        stack,
        since: new Date(began).toISOString(),
        until: new Date().toISOString(),
        ended,
        ...history,
      });
      if (!flags.json) showNews({ errors, ...history });
      // Each time, in case the process is killed; and so that a wrong path fails at once.
      if (flags.report !== undefined) await writeFile(flags.report, scalingPage(recordOf("interrupted")));
      if (flags.untilShrunk && isShrunk(history.events)) return recordOf("shrunk");
      if (flags.untilDrained && history.events.some(({ kind }) => kind === "drained")) return recordOf("drained");
      const left = until - Date.now();
      if (left <= 0) return recordOf("time");
      await delay(Math.min(left, flags.every * 1_000), undefined, { signal }).catch(() => {});
      if (signal.aborted) return recordOf("interrupted");
    }
  }

  const command = new Command("watch-scaling")
    .description("Watch a deployment scale: from the load's step to the instance in service and the empty queue.")
    .option("--for <minutes>", "how long, at most", wholeNumber(1, 1_440), defaultMinutes)
    .option("--every <seconds>", "pause between two polls", wholeNumber(5, 300), defaultEverySeconds)
    .addOption(new Option("--until-drained", "end when the queue is empty again").conflicts("untilShrunk"))
    .option("--until-shrunk", "end when as many instances are gone again as were added, in each tier")
    .option("--report <file>", "write an HTML page with charts and times")
    .option("--json", "print one JSON document at the end, and nothing before")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action(async (flags: WatchScalingFlags) => {
    if (flags.stack === undefined) {
      throw new TurnoutError("TURNOUT_USAGE_INVALID", "Give --stack NAME: only a deployment on AWS scales by itself.");
    }
    const region = flags.region ?? (env.AWS_REGION || undefined);
    // The AWS clients take a second to load, which no other command should wait for.
    const { createDeploymentClients } = await import("../stack/clients.ts");
    const clients = createDeploymentClients({ region, profile: flags.profile });
    try {
      const record = await watch(clients, flags.stack, flags);
      if (flags.report !== undefined) await writeFile(flags.report, scalingPage(record));
      const waitedFor = flags.untilDrained || flags.untilShrunk;
      finish(waitedFor && record.ended === "time" ? exitCodes.failed : exitCodes.ok);
      if (flags.json) terminal.printJson(record);
      else showRecord(record);
      if (flags.report !== undefined) terminal.note(`Report: ${flags.report}`);
    } finally {
      clients.close();
    }
  });
}
