/** An embedded SES for one test file, in its process, with the inbox that it fills. */
import { randomUUID } from "node:crypto";
import { SESv2Client } from "@aws-sdk/client-sesv2";
import type { Test } from "tap";
import type { AccountSettings } from "../../local/ses-engine/account.ts";
import { buildSesApp, type SesApp, type SesAppOptions } from "../../local/ses-engine/app.ts";
import { createInbox, type Inbox } from "./inbox.ts";

export interface MailEngine {
  readonly url: string;
  /** Without retries, so that a test sees each answer. */
  readonly ses: SESv2Client;
  readonly inbox: Inbox;
  readonly account: SesApp["account"];
  /** Changes what the account may do, or its troubles. */
  set(changes: Partial<AccountSettings>): void;
  /** An account without troubles, and an empty inbox. */
  reset(): void;
}

/** @param t whose end closes it */
export async function startMailEngine(t: Test, options: Partial<SesAppOptions> = {}): Promise<MailEngine> {
  const { app, account, mailbox } = await buildSesApp({ now: Date.now, newMessageId: randomUUID, ...options });
  const first = account.settings;
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const ses = new SESv2Client({
    endpoint: url,
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  t.teardown(async () => {
    ses.destroy();
    await app.close();
  });
  return {
    url,
    ses,
    account,
    inbox: createInbox(url),
    set: (changes) => account.change(changes),
    reset() {
      account.change(first);
      mailbox.clear();
    },
  };
}
