/**
 * The HTML templates, compiled at start, so that a broken one stops the process, not a request. Output is escaped, and
 * templates only see the data passed in.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Eta } from "eta";

const directory = join(import.meta.dirname, "templates");
const extension = ".eta";

/** @returns the HTML of a template, named as its file without the extension */
export type Templates = (name: string, data: object) => string;

/** @throws when a template cannot be read or compiled */
export function loadTemplates(): Templates {
  const eta = new Eta({
    varName: "it",
    autoEscape: true,
    autoTrim: [false, "nl"],
    autoFilter: true,
    // Undefined prints as nothing.
    filterFunction: (value) => (value ?? "") as string,
  });
  for (const file of readdirSync(directory).filter((name) => name.endsWith(extension))) {
    // The prefix marks templates in memory; otherwise the library would look for a file per request.
    eta.loadTemplate(`@${basename(file, extension)}`, readFileSync(join(directory, file), "utf8"));
  }
  return (name, data) => eta.render(`@${name}`, data);
}
