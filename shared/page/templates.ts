/**
 * HTML templates, compiled once at start, so that a broken one stops the process and not a request. They escape what they
 * print and read nothing but the data that they are given.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Eta } from "eta";

const extension = ".eta";

/** @returns the HTML of a template, named as its file without the extension */
export type Templates = (name: string, data: object) => string;

export interface TemplateOptions {
  /** Default: the characters that mean something in HTML. For HTML that is read as something else first. */
  readonly escape?: (value: unknown) => string;
}

/**
 * @param directory of the `.eta` files
 * @throws when a template cannot be read or compiled
 */
export function loadTemplates(directory: string, { escape }: TemplateOptions = {}): Templates {
  const eta = new Eta({
    varName: "it",
    autoEscape: true,
    autoTrim: [false, "nl"],
    autoFilter: true,
    // Without it, a missing value would be printed as "undefined".
    filterFunction: (value) => (value ?? "") as string,
    ...(escape && { escapeFunction: escape }),
  });
  for (const file of readdirSync(directory).filter((name) => name.endsWith(extension))) {
    // The prefix marks templates in memory; otherwise the library would search a file per request.
    eta.loadTemplate(`@${basename(file, extension)}`, readFileSync(join(directory, file), "utf8"));
  }
  return (name, data) => eta.render(`@${name}`, data);
}
