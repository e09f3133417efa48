/** The part of a document that a command writes, between two marks. */

/** How it begins and how it ends, each once in the document. */
export type Marks = readonly [begin: string, end: string];

/**
 * @returns the document with this text between the marks, on lines of its own
 * @throws Error when it has no place for it
 */
export function withPart(document: string, [begin, end]: Marks, text: string): string {
  const [start, stop] = [document.indexOf(begin), document.indexOf(end)];
  if (start === -1 || stop < start) throw new Error(`The document has no place for it: ${begin} … ${end}`);
  return `${document.slice(0, start)}${begin}\n${text}\n${document.slice(stop)}`;
}
