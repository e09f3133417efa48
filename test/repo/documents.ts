/** The repository's documents, and what is written as code in them. */
import { readdirSync } from "node:fs";
import { filesBelow, root } from "./source-tree.ts";

/** Every Markdown file, as path from the root. */
export const documents: readonly string[] = [...readdirSync(root), ...filesBelow("docs")].filter((path) =>
  path.endsWith(".md"),
);

/** @returns the lines of the blocks, a continued one as one, and what stands between backticks */
export function codeIn(text: string): { readonly lines: string[]; readonly inline: string[] } {
  const joined = text.replace(/\\\n\s*/g, " ");
  const block = /```\w*\n([\s\S]*?)```/g;
  return {
    lines: [...joined.matchAll(block)].flatMap(([, code = ""]) => code.split("\n")),
    inline: [...joined.replace(block, "").matchAll(/`([^`]+)`/g)].map(([, one = ""]) => one.replace(/\s+/g, " ")),
  };
}
