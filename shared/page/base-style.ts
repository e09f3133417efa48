/** The style sheets that sites have in common: a reset and the basics of accessibility, and the style of operators' pages. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (file: string) => readFileSync(join(import.meta.dirname, file));
const baseStyle = read("base.css");

/** @returns the style sheet of a site with the common part in front: one file, so one request */
export function withBaseStyle(style: Buffer): Buffer {
  return Buffer.concat([baseStyle, style]);
}

/** @returns the same for the console and the inbox, with the style of operators' pages */
export function withOperatorStyle(style: Buffer): Buffer {
  return Buffer.concat([baseStyle, read("operator.css"), style]);
}
