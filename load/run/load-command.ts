/** What the commands that send a load have in common: their options, the deployment, the ledger and the progress bars. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Option, type Command } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import { readStackIdentity } from "../../shared/aws/queue-counts.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { openLedger, requireNewLedger } from "../../admin/audit/ledger.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { addConnectionOptions, type ConnectionFlags } from "../../terminal/connection.ts";
import { addEventOption, readEvent, type EventFlag } from "../../terminal/event-option.ts";
import { httpUrl, wholeNumber } from "../../terminal/option-values.ts";
import type { Progress, Terminal } from "../../terminal/terminal.ts";
import { findDeployment, type Deployment } from "./deployment.ts";
import type { LoadProgress, LoadSetup } from "./load-run.ts";

export interface LoadFlags extends ConnectionFlags, EventFlag {
  readonly url?: string;
  readonly seed?: number;
  readonly ledger?: string;
  readonly stallTimeout: number;
  readonly json?: boolean;
}

const defaultStallSeconds = 60;

export function addLoadOptions(command: Command): Command {
  command
    .option("--url <url>", "where the web tier answers (default: the local stack)", httpUrl)
    .addOption(
      new Option("--seed <n>", "make up the same people again (default: other people each time)").argParser(
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      ),
    )
    .option("--ledger <file>", "keep the ledger of what was sent, in a new file, for: turnout audit --ledger FILE")
    .option(
      "--stall-timeout <seconds>",
      "give up when the queue has not shrunk for this long",
      wholeNumber(5, 86_400),
      defaultStallSeconds,
    )
    .option("--json", "print one JSON document");
  return addConnectionOptions(addEventOption(command));
}

/** @throws TURNOUT_USAGE_INVALID without an event, TURNOUT_EVENT_INVALID */
export function requireEvent(flags: EventFlag, { env }: CommandHost): EventDefinition {
  const event = readEvent(flags, env);
  if (event !== undefined) return event;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    "It needs an event, whose fields the made-up people answer. Give --event FILE.",
  );
}

export interface Bars {
  update(progress: LoadProgress): void;
  /** Takes the bar away, so that a line can be written. The next update starts a new one. */
  stop(): void;
}

/** Shows one progress bar after the other, one for each kind of work. */
function createBars(terminal: Terminal): Bars {
  let shown: string | undefined;
  let bar: Progress | undefined;
  return {
    update({ doing, done, total }) {
      if (doing !== shown) {
        bar?.stop();
        bar = terminal.progress(doing);
        shown = doing;
      }
      bar?.update(done, total);
    },
    stop() {
      bar?.stop();
      bar = undefined;
      shown = undefined;
    },
  };
}

export interface LoadWork {
  /** @returns the path of the ledger when it is kept, else null; to be called once the outcome is known */
  ledgerKept(passed: boolean): string | null;
  readonly bars: Bars;
}

/**
 * Finds or starts the deployment, opens the ledger, has the work done and cleans up, however the work ends.
 * @throws TURNOUT_USAGE_INVALID before anything is started; what `findDeployment` and the work throw
 */
export async function withLoad(
  { env, terminal, signal }: CommandHost,
  flags: LoadFlags,
  event: EventDefinition,
  work: (setup: LoadSetup & LoadWork) => Promise<void>,
): Promise<void> {
  if (flags.ledger !== undefined) requireNewLedger(flags.ledger);
  const scratch = mkdtempSync(join(tmpdir(), "turnout-load-"));
  const ledgerPath = flags.ledger ?? join(scratch, "ledger.jsonl");
  const bars = createBars(terminal);
  let deployment: Deployment | undefined;
  let keepScratch = false;
  try {
    deployment = await findDeployment({ flags, env, signal, note: terminal.note });
    const { own, connection } = deployment;
    await work({
      deployment,
      event,
      ledger: openLedger(ledgerPath, await readStackIdentity(connection.sqs, connection.queueUrl)),
      ledgerPath,
      stallSeconds: flags.stallTimeout,
      signal,
      onProgress: bars.update,
      bars,
      ledgerKept(passed) {
        // A run that did not pass is investigated by its ledger; that of a stack that is gone is useless.
        keepScratch = flags.ledger === undefined && !passed && !own;
        return keepScratch || flags.ledger !== undefined ? ledgerPath : null;
      },
    });
  } finally {
    bars.stop();
    if (!keepScratch) rmSync(scratch, { recursive: true, force: true });
    await deployment?.close();
  }
}
