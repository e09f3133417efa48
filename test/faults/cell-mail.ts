/**
 * The mail of one cell: an SES of its own in this process, whose troubles a round sets, and what it was given to send. Every
 * mail that it takes is counted, though it keeps only the newest.
 */
import { randomUUID } from "node:crypto";
import type { AccountSettings } from "../../local/ses-engine/account.ts";
import { buildSesApp } from "../../local/ses-engine/app.ts";

export type MailTrouble = Exclude<AccountSettings["mode"], "ok">;

export interface CellMail {
  readonly url: string;
  /** Mails that it took so far, repeated ones included. */
  taken(): number;
  /** Until it is healed. */
  trouble(mode: MailTrouble): void;
  heal(): void;
  close(): Promise<void>;
}

export const mailSender = "Turnout <registration@localhost>";
/** Where links in mails lead; nobody follows them. */
export const mailPublicUrl = "http://summit.test";

export async function startCellMail(): Promise<CellMail> {
  const { app, account, mailbox } = await buildSesApp({ now: Date.now, newMessageId: randomUUID });
  return {
    url: await app.listen({ port: 0, host: "127.0.0.1" }),
    taken: () => mailbox.counts.sent,
    trouble: (mode) => account.change({ mode }),
    heal: () => account.change({ mode: "ok" }),
    close: () => app.close(),
  };
}
