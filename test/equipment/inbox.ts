/** Reads mails from the inbox of an embedded SES, wherever it runs. */
import { eventually } from "./eventually.ts";

export interface InboxMail {
  readonly id: number;
  readonly messageId: string;
  readonly at: string;
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | null;
  readonly html: string | null;
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly size: number }[];
  readonly delivery: string;
  readonly problem?: string;
}

export interface Inbox {
  /** @returns all that is kept, newest first; without an address, everybody's */
  mails(to?: string): Promise<InboxMail[]>;
  /**
   * Waits for a mail.
   * @param isIt which one is meant. Default: any
   * @returns the newest such mail
   */
  mailTo(address: string, isIt?: (mail: InboxMail) => boolean, withinMs?: number): Promise<InboxMail>;
  /** Waits until an address has so many mails, and returns them, newest first. */
  mailsTo(address: string, count: number, withinMs?: number): Promise<InboxMail[]>;
  /** Sets what the account may do, or its troubles: the body of `POST /control`. */
  control(changes: object): Promise<unknown>;
}

const defaultWithinMs = 30_000;

/** @returns the links of a mail's text part, in their order */
export function linksOf({ text }: Pick<InboxMail, "text">): string[] {
  return Array.from((text ?? "").matchAll(/https?:\/\/\S+/g), ([link]) => link);
}

/** @param url of the engine, such as `stack.urls.mail` */
export function createInbox(url: string): Inbox {
  async function mails(to?: string): Promise<InboxMail[]> {
    const all: InboxMail[] = [];
    for (;;) {
      const before = all.at(-1)?.id;
      const query = new URLSearchParams({
        ...(to !== undefined && { to }),
        ...(before !== undefined && { before: String(before) }),
      });
      const response = await fetch(`${url}/mails.json?${query.toString()}`);
      const page = ((await response.json()) as { mails: InboxMail[] }).mails;
      if (page.length === 0) return all;
      all.push(...page);
    }
  }

  return {
    mails,
    mailTo: (address, isIt = () => true, withinMs = defaultWithinMs) =>
      eventually(async () => (await mails(address)).find(isIt), `a mail to ${address}`, withinMs),
    mailsTo: (address, count, withinMs = defaultWithinMs) =>
      eventually(
        async () => {
          const found = await mails(address);
          return found.length >= count && found;
        },
        `${count} mails to ${address}`,
        withinMs,
      ),
    async control(changes) {
      const response = await fetch(`${url}/control`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(changes),
      });
      if (!response.ok) throw new Error(`POST /control: ${response.status} ${await response.text()}`);
      return response.json();
    },
  };
}
