/** `turnout queue`: what waits, the rates, and the estimated end. */
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../terminal/connection.ts";
import { formatSeconds } from "../../terminal/duration.ts";
import { createInspector, type Inspection } from "../inspector/inspector.ts";
import { readTimes } from "../../terminal/event-option.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import type { CommandHost } from "../../terminal/command-line.ts";

interface QueueFlags extends ConnectionFlags {
  readonly watch?: boolean;
  readonly every: number;
  readonly json?: boolean;
}

const defaultEverySeconds = 2;

const examples = `
Examples:
  turnout queue
  turnout queue --watch --stack summit-test
  turnout queue --json | jq .etaSeconds

With --json it prints one JSON document; with --watch --json one per poll, a line each.
Messages are exact as far as SQS is. Registrations, pace and wait come from the activity table, into which all processes
write what they do: "at least" where more messages wait than it knows of (with --json "atLeast": true), and no wait
(null) while nothing is drained.`;

function rate(value: number): string {
  return `${value.toLocaleString("en")}/s`;
}

function seconds(value: number | null): string {
  return value === null ? "unknown" : formatSeconds(value);
}

function people({ registrationsEstimate, atLeast }: Inspection["queue"]): string {
  return `${atLeast ? "at least" : "about"} ${registrationsEstimate.toLocaleString("en")}`;
}

function wait({ etaSeconds, atLeast }: Inspection["queue"]): string {
  if (etaSeconds === null) return "unknown: nothing is being drained";
  if (etaSeconds === 0) return "none, the queue is empty";
  return `${atLeast ? "at least" : "about"} ${formatSeconds(etaSeconds)}`;
}

export function buildQueueCommand({ env, terminal, signal }: CommandHost): Command {
  const { colors, print, printTable } = terminal;
  const times = readTimes(env);

  function show({ queue, rates, tiers }: Inspection, deployment: string): void {
    const count = (value: number) => value.toLocaleString("en");
    const byReason = Object.entries(queue.deadLetters.byReason).map(([reason, open]) => `${open} ${reason}`);
    printTable(
      ["queue", deployment],
      [
        ["waiting", `${count(queue.messages)} messages`],
        ["in flight", `${count(queue.inFlight)} messages`],
        ...(queue.delayed > 0 ? [["delayed", `${count(queue.delayed)} messages`]] : []),
        ["in them", `${people(queue)} registrations`],
        ["oldest", seconds(queue.oldestAgeSeconds)],
        ["accepted", rate(rates.acceptedPerSecond)],
        ["stored", rate(rates.storedPerSecond)],
        ["drain", rate(queue.drainPerSecond ?? 0)],
        ["wait", wait(queue)],
        [
          "dead letters",
          `${count(queue.deadLetters.open)} open${byReason.length > 0 ? `: ${byReason.join(", ")}` : ""}`,
        ],
        ...(queue.deadLetters.notCollected > 0
          ? [["", `${count(queue.deadLetters.notCollected)} not collected yet`]]
          : []),
        ["at", times.full(queue.at)],
      ],
    );
    for (const { tier, health, causes } of tiers) {
      const painted = health === "ok" ? colors.green(health) : health === "unknown" ? health : colors.red(health);
      print(`${tier} tier: ${painted}${causes.length > 0 ? ` (${causes.join("; ")})` : ""}`);
    }
  }

  const command = new Command("queue")
    .description("Show what waits, how fast it is stored, and when it will be done.")
    .option("--watch", "poll until Ctrl-C")
    .option("--every <seconds>", "pause between two polls", wholeNumber(1, 3_600), defaultEverySeconds)
    .option("--json", "print one JSON document per poll")
    .addHelpText("after", examples);

  return addConnectionOptions(command).action((flags: QueueFlags) =>
    withConnection(flags, env, async (connection) => {
      const inspector = createInspector(connection);
      const pause = () => delay(flags.every * 1_000, undefined, { signal }).catch(() => {});
      for (;;) {
        const inspection = await inspector.inspect(signal);
        if (flags.json) terminal.printJson(inspection.queue);
        else {
          if (flags.watch) terminal.clear();
          show(inspection, connection.deployment);
        }
        if (!flags.watch) return;
        await pause();
        // Ctrl-C is the normal end of a watch; without any result, the command has failed.
        if (signal.aborted) return;
      }
    }),
  );
}
