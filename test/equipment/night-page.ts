/** The runbook's first part, by which somebody acts whom an alarm woke: its sections, and the commands in them. */
import { readFileSync } from "node:fs";

export const runbook = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

/** @returns the text of each section, by its heading, in their order */
export function nightSections(): ReadonlyMap<string, string> {
  const [, first = ""] = runbook.split(/^## /m);
  return new Map(
    first
      .split(/^### /m)
      .slice(1)
      .map((text) => {
        const end = text.indexOf("\n");
        return [text.slice(0, end), text.slice(end).trim()];
      }),
  );
}

/** @returns the arguments of each `turnout` command in a section, in their order */
export function commandsIn(section: string): string[][] {
  return [...section.matchAll(/`npm run turnout -- ([^`]*)`/g)].map(([, line = ""]) => line.split(" "));
}
