/**
 * The HTML templates, compiled once at start: a broken one stops the process instead of a request. They escape whatever
 * they print; what a template needs to know is handed to it as data, and a template reads nothing else.
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
    // The sign tells the library that a template is in memory; without it, it would look for a file at each request.
    eta.loadTemplate(`@${basename(file, extension)}`, readFileSync(join(directory, file), "utf8"));
  }
  return (name, data) => eta.render(`@${name}`, data);
}
