/**
 * The console's HTML templates, compiled once at start. They escape whatever they print, and know nothing but what they are
 * handed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Eta } from "eta";

const directory = join(import.meta.dirname, "templates");
const extension = ".eta";

/** @returns the HTML of a template, named as its file is without the extension */
export type Templates = (name: string, data: object) => string;

/** @throws when a template cannot be read or compiled */
export function loadTemplates(): Templates {
  const eta = new Eta({
    varName: "it",
    autoEscape: true,
    autoTrim: [false, "nl"],
    autoFilter: true,
    // What is not there is shown as nothing, and not as the word for it.
    filterFunction: (value) => (value ?? "") as string,
  });
  for (const file of readdirSync(directory).filter((name) => name.endsWith(extension))) {
    // The sign tells the library that a template is in memory.
    eta.loadTemplate(`@${basename(file, extension)}`, readFileSync(join(directory, file), "utf8"));
  }
  return (name, data) => eta.render(`@${name}`, data);
}
