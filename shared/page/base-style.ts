/** The style sheet that the event page and the console have in common: a reset and the basics of accessibility. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const baseStyle = readFileSync(join(import.meta.dirname, "base.css"));

/** @returns the style sheet of a site with the common part in front: one file, so one request */
export function withBaseStyle(style: Buffer): Buffer {
  return Buffer.concat([baseStyle, style]);
}
