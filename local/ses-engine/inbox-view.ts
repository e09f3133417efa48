/** Renders the pages of the inbox. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withOperatorStyle } from "../../shared/page/base-style.ts";
import { loadTemplates } from "../../shared/page/templates.ts";

export interface InboxView {
  page(template: string, title: string, data: object): string;
  readonly style: Buffer;
}

/** A part of a text; `url` for a link. */
interface TextPart {
  readonly text: string;
  readonly url?: string;
}

const link = /https?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]]/g;

/** @returns the text in parts, so that its links can be followed */
export function linked(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { index, 0: url } of text.matchAll(link)) {
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: url, url });
    end = index + url.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

function size(bytes: number): string {
  return bytes < 1_024 ? `${bytes} bytes` : `${(bytes / 1_024).toFixed(1)} KiB`;
}

/** @throws when a template or the style sheet cannot be read */
export function createInboxView(): InboxView {
  const render = loadTemplates(join(import.meta.dirname, "templates"));
  const common = {
    linked,
    size,
    utc: (time: Date) => time.toISOString().replace("T", " ").slice(0, 19),
    count: (value: number) => value.toLocaleString("en"),
    query: (given: Record<string, string | number | undefined>) => {
      const set = new URLSearchParams();
      for (const [name, value] of Object.entries(given)) if (value !== undefined) set.set(name, String(value));
      return `?${set.toString()}`;
    },
  };
  return {
    style: withOperatorStyle(readFileSync(join(import.meta.dirname, "assets", "inbox.css"))),
    page: (template, title, data) => render(template, { ...common, ...data, title }),
  };
}
