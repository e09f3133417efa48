/** The option for the event file that defines the answers. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { Environment } from "../shared/process/environment.ts";
import { createZonedTimes, type ZonedTimes } from "./zoned-times.ts";
import { loadEvent, type EventDefinition } from "../shared/registration/event-definition.ts";

export interface EventFlag {
  readonly event?: string;
}

const none = "none";
/** Default: the one this checkout deploys. */
const ownFile = join(import.meta.dirname, "..", "event.json");

export function addEventOption(command: Command): Command {
  return command.option(
    "--event <file>",
    `event whose fields count; "${none}" for no event (default: EVENT_FILE, or event.json of this folder)`,
  );
}

/**
 * @returns the event; undefined when not wanted or not found
 * @throws TURNOUT_EVENT_INVALID
 */
export function readEvent({ event }: EventFlag, env: Environment): EventDefinition | undefined {
  if (event === none) return undefined;
  const file = event ?? (env.EVENT_FILE || undefined);
  if (file !== undefined) return loadEvent(file);
  return existsSync(ownFile) ? loadEvent(ownFile) : undefined;
}

/**
 * @param flags of a command that takes no event itself: none
 * @returns times in the event's zone; in UTC without an event, and with a file that is none, which is no reason to show nothing
 */
export function readTimes(env: Environment, flags: EventFlag = {}): ZonedTimes {
  try {
    return createZonedTimes(readEvent(flags, env)?.timeZone);
  } catch {
    return createZonedTimes();
  }
}
