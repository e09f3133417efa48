/** Streams an export page by page; it cannot be resumed. */
import type { ExportFile } from "./export-file.ts";

/**
 * @param write takes a text and resolves when it is accepted
 * @param head start of the output, written before this returns
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
