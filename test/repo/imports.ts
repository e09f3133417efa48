/**
 * Finds what a source file imports: statically, for its types, again for others, and at run time. It reads the file as
 * text, which the repository's format makes safe; a lint rule, with a parser behind it, guards the tiers besides.
 */

export interface Import {
  /** As written; undefined where it is computed at run time. */
  readonly specifier: string | undefined;
  /** Erased before the file runs. */
  readonly typeOnly: boolean;
}

const fromClause = /^(?:import|export)\b(?!\s*\()([^;"'`]*?)\bfrom\s*["']([^"']+)["']/gm;
const sideEffect = /^import\s*["']([^"']+)["']/gm;
const atRunTime = /\b(?:import|require|import\.meta\.resolve)\(\s*(?:["'`]([^"'`$]+)["'`])?/g;
const ofModuleFile = /\bnew URL\(\s*["'](\.[^"']+)["'],\s*import\.meta\.url/g;

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

export function importsOf(source: string): Import[] {
  const text = withoutComments(source);
  const found: Import[] = [];
  for (const [, what = "", specifier] of text.matchAll(fromClause)) {
    found.push({ specifier, typeOnly: /^\s*type\b/.test(what) });
  }
  for (const [, specifier] of text.matchAll(sideEffect)) found.push({ specifier, typeOnly: false });
  for (const [, specifier] of text.matchAll(atRunTime)) found.push({ specifier, typeOnly: false });
  for (const [, specifier] of text.matchAll(ofModuleFile)) found.push({ specifier, typeOnly: false });
  return found;
}
