/** `turnout event preview`: the page in every state, on this machine only, while the command runs. */
import { once } from "node:events";
import { Command } from "commander";
import { loadEvent, loadLogo } from "../shared/registration/event-definition.ts";
import type { CommandHost } from "../terminal/command-line.ts";
import { wholeNumber } from "../terminal/option-values.ts";

interface PreviewFlags {
  readonly port: number;
  readonly json?: boolean;
}

const defaultPort = 3010;
/** The other phases have the two ports after it. */
const highestPort = 65_533;

const examples = `
Examples:
  turnout event preview event.json
  turnout event preview event.json --port 0 --json | jq -r '.pages[].url'

The pages are those of the web tier, with its scripts; what is registered there is forgotten. The clock of each page is set
so that registration has not opened, is open or is closed; the times are those of the file. Read the file again by starting
the command again.`;

export function buildPreviewCommand({ terminal, signal }: CommandHost): Command {
  return new Command("preview")
    .description(
      "Show the page in every state and language, on this machine: before, open, errors, each status, closed.",
    )
    .argument("<file>", "path of the event file")
    .option(
      "--port <number>",
      "TCP port on 127.0.0.1, the first of three; 0 for free ones",
      wholeNumber(0, highestPort),
      defaultPort,
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", examples)
    .action(async (file: string, { port, json }: PreviewFlags) => {
      const event = loadEvent(file);
      // Loaded on demand: all of the web tier.
      const { startPreview } = await import("./preview.ts");
      const preview = await startPreview({ event, logo: loadLogo(file, event) }, port, Date.now);
      if (json) terminal.printJson({ pages: preview.pages });
      else {
        terminal.printTable(
          ["STATE", "LANGUAGE", "PAGE"],
          preview.pages.map(({ state, language, url }) => [state, language ?? "the browser's", url]),
        );
      }
      terminal.note("Ctrl-C ends it.");
      if (!signal.aborted) await once(signal, "abort");
      await preview.stop();
    });
}
