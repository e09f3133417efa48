/** `turnout queue`: what waits, how fast it goes, and until when. */
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../connection.ts";
import { formatSeconds } from "../duration.ts";
import { createInspector, type Inspection } from "../inspector/inspector.ts";
import { wholeNumber } from "../option-values.ts";
import type { CommandHost } from "../command-line.ts";

interface QueueFlags extends ConnectionFlags {
  readonly watch?: boolean;
  readonly every: number;
  readonly json?: boolean;
}

/** Between the two looks that it takes to tell a pace. */
const defaultEverySeconds = 2;

const examples = `
Examples:
  turnout queue
  turnout queue --watch --stack summit
  turnout queue --json | jq .etaSeconds

With --json it prints one JSON document; with --watch --json one for each look, a line each.
Messages are exact as far as SQS is; registrations are an estimate, messages × registrations per pack.`;

function rate(value: number | null): string {
  return value === null ? "unknown" : `${value.toLocaleString("en")}/s`;
}

function seconds(value: number | null): string {
  return value === null ? "unknown" : formatSeconds(value);
}

function drain({ drainPerSecond, etaSeconds }: Inspection["queue"]): string {
  if (etaSeconds === 0) return "empty";
  if (drainPerSecond === null) return "unknown";
  if (drainPerSecond <= 0) return drainPerSecond === 0 ? "stands still" : `grows by ${rate(-drainPerSecond)}`;
  return `${rate(drainPerSecond)}, empty in about ${seconds(etaSeconds)}`;
}

export function buildQueueCommand({ env, terminal, signal }: CommandHost): Command {
  const { colors, print, printTable } = terminal;

  function show({ queue, tiers }: Inspection, deployment: string): void {
    const count = (value: number) => value.toLocaleString("en");
    const byReason = Object.entries(queue.deadLetters.byReason).map(([reason, open]) => `${open} ${reason}`);
    printTable(
      ["queue", deployment],
      [
        ["waiting", `${count(queue.messages)} messages, about ${count(queue.registrationsEstimate)} registrations`],
        ["in flight", `${count(queue.inFlight)} messages`],
        ...(queue.delayed > 0 ? [["delayed", `${count(queue.delayed)} messages`]] : []),
        ["oldest", seconds(queue.oldestAgeSeconds)],
        ["drain", drain(queue)],
        ["accepted", rate(tiers.figures.acceptedPerSecond)],
        ["stored", rate(tiers.figures.storedPerSecond)],
        [
          "dead letters",
          `${count(queue.deadLetters.open)} open${byReason.length > 0 ? `: ${byReason.join(", ")}` : ""}`,
        ],
        ...(queue.deadLetters.notCollected > 0
          ? [["", `${count(queue.deadLetters.notCollected)} not collected yet`]]
          : []),
        ["at", queue.at],
      ],
    );
    for (const { tier, health, causes } of tiers.tiers) {
      const painted = health === "ok" ? colors.green(health) : health === "unknown" ? health : colors.red(health);
      print(`${tier} tier: ${painted}${causes.length > 0 ? ` (${causes.join("; ")})` : ""}`);
    }
  }

  const command = new Command("queue")
    .description("Show what waits, how fast it is stored, and when it will be done.")
    .option("--watch", "look again and again, until Ctrl-C")
    .option("--every <seconds>", "pause between two looks", wholeNumber(1, 3_600), defaultEverySeconds)
    .option("--json", "print one JSON document for each look")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((flags: QueueFlags) =>
    withConnection(flags, env, async (connection) => {
      const inspector = createInspector(connection);
      const pause = () => delay(flags.every * 1_000, undefined, { signal }).catch(() => {});
      // Nothing to show yet: it takes two looks to tell a pace.
      await inspector.look(signal);
      do {
        await pause();
        // Ctrl-C is how a watch ends; cut short before its only look, the command has failed.
        if (signal.aborted && flags.watch) return;
        const inspection = await inspector.look(signal);
        if (flags.json) terminal.printJson(inspection.queue);
        else {
          if (flags.watch) terminal.clear();
          show(inspection, connection.deployment);
        }
      } while (flags.watch && !signal.aborted);
    }),
  );
}
