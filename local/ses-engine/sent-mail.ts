/** A mail as the embedded SES keeps it: the template of its call, shared by all mails of that call, and its own values. */
import { fill, type Values } from "./placeholders.ts";

export interface Header {
  readonly name: string;
  readonly value: string;
}

export interface Attachment {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

/** What all mails of one call have in common; with placeholders. */
export interface MailContent {
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly headers: readonly Header[];
  readonly attachments: readonly Attachment[];
  /** True for a message that is no template: braces are text. */
  readonly literal?: boolean;
}

/** What became of it after SES took it. */
export type Delivery = "delivered" | "bounced" | "complained" | "suppressed" | "not rendered";

export interface SentMail {
  readonly messageId: string;
  readonly at: Date;
  readonly from: string;
  /** Addresses, without display names, as they were given. */
  readonly to: readonly string[];
  readonly replyTo: readonly string[];
  readonly content: MailContent;
  readonly values: Values;
  /** Of this mail alone; they replace those of the content. */
  readonly headers: readonly Header[];
  readonly delivery: Delivery;
  /** Why it is not delivered. */
  readonly problem?: string;
}

export interface RenderedMail {
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  /** Those that the sender set; names are unique whatever their case. */
  readonly headers: readonly Header[];
}

/** Approximate bytes of a mail without its content. */
const frameBytes = 300;

/** @returns the approximate bytes that a content takes */
export function contentBytes({ subject, text = "", html = "", headers, attachments }: MailContent): number {
  const parts = [subject, text, html, ...headers.flatMap(({ name, value }) => [name, value])];
  return (
    parts.reduce((sum, part) => sum + part.length, 0) +
    attachments.reduce((sum, { content }) => sum + content.length, 0)
  );
}

/** @returns the approximate bytes of what belongs to this mail alone */
export function ownBytes({ to, values, headers }: SentMail): number {
  const parts = [...to, ...Object.entries(values).flat(), ...headers.flatMap(({ name, value }) => [name, value])];
  return parts.reduce((sum, part) => sum + part.length, frameBytes);
}

/** Fills the template. Done when somebody reads it: most mails are never read. */
export function renderMail({ content, values, headers, replyTo }: SentMail): RenderedMail {
  const filled = (part: string) => (content.literal ? part : fill(part, values));
  const named = new Map<string, Header>();
  const replies = replyTo.length > 0 ? [{ name: "Reply-To", value: replyTo.join(", ") }] : [];
  for (const header of [...replies, ...content.headers, ...headers]) named.set(header.name.toLowerCase(), header);
  return {
    subject: filled(content.subject),
    ...(content.text !== undefined && { text: filled(content.text) }),
    ...(content.html !== undefined && { html: filled(content.html) }),
    headers: [...named.values()],
  };
}
