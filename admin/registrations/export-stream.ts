/** An export that goes to whoever reads it, page by page, and leaves nothing behind: it cannot go on later. */
import type { ExportFile } from "./export-file.ts";

/**
 * @param write takes a text, and resolves when it is taken
 * @param head what comes first; written before this returns
 * @param segments of the scan
 */
export async function openExportStream(
  write: (text: string) => Promise<void>,
  head: string,
  segments: number,
): Promise<ExportFile> {
  let rows = 0;
  let writing: Promise<void> = Promise.resolve();
  if (head !== "") await write(head);
  return {
    segments: Array.from({ length: segments }, () => ({ done: false })),
    get rows() {
      return rows;
    },
    append(text, count) {
      writing = writing.then(() => write(text));
      rows += count;
      return writing;
    },
    finish: () => writing,
    suspend: () => writing.catch(() => {}),
  };
}
