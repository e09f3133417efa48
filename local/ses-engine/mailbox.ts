/**
 * The mails that were sent, in memory and bounded: beyond a number or a size, the oldest are dropped and counted. They are
 * found by id and by address.
 */
import { contentBytes, ownBytes, type MailContent, type SentMail } from "./sent-mail.ts";

export interface KeptMail extends SentMail {
  /** 1 for the first; none is left out. */
  readonly id: number;
}

export interface MailboxCounts {
  /** Since the start. */
  readonly sent: number;
  readonly kept: number;
  readonly dropped: number;
}

export interface MailQuery {
  /** Only mails to this address, whatever its case. */
  readonly to?: string | undefined;
  /** Only mails older than the one with this id. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface Mailbox {
  /** @param mails of one call, with one content. @returns them with their ids */
  add(content: MailContent, mails: readonly SentMail[]): void;
  get(id: number): KeptMail | undefined;
  /** @returns newest first */
  newest(query: MailQuery): KeptMail[];
  /** @returns how many of them are kept */
  countTo(address: string): number;
  /** Forgets every mail; ids go on. */
  clear(): void;
  readonly counts: MailboxCounts;
}

export interface MailboxOptions {
  /** Default: 20,000. */
  readonly maxMails?: number;
  /** Bytes of all mails, approximately. Default: 64 MiB. */
  readonly maxBytes?: number;
}

interface Entry {
  readonly mail: KeptMail;
  readonly bytes: number;
}

export function createMailbox({ maxMails = 20_000, maxBytes = 64 * 1_048_576 }: MailboxOptions = {}): Mailbox {
  const entries = new Map<number, Entry>();
  /** Ids by address, oldest first. */
  const byAddress = new Map<string, number[]>();
  let lastId = 0;
  let oldestId = 1;
  let bytes = 0;
  let dropped = 0;

  function dropOldest(): void {
    const entry = entries.get(oldestId);
    entries.delete(oldestId);
    oldestId += 1;
    if (entry === undefined) return;
    bytes -= entry.bytes;
    dropped += 1;
    for (const address of addressesOf(entry.mail)) {
      const ids = byAddress.get(address) ?? [];
      ids.shift();
      if (ids.length === 0) byAddress.delete(address);
    }
  }

  function keep(mail: KeptMail, size: number): void {
    entries.set(mail.id, { mail, bytes: size });
    bytes += size;
    for (const address of addressesOf(mail)) {
      const ids = byAddress.get(address);
      if (ids === undefined) byAddress.set(address, [mail.id]);
      else ids.push(mail.id);
    }
  }

  /** @returns ids, newest first */
  function* idsOf({ to, before = Infinity }: MailQuery): Generator<number> {
    if (to === undefined) {
      for (let id = Math.min(lastId, before - 1); id >= oldestId; id--) yield id;
    } else {
      for (const id of (byAddress.get(to.toLowerCase()) ?? []).toReversed()) if (id < before) yield id;
    }
  }

  return {
    add(content, mails) {
      const share = contentBytes(content) / mails.length;
      for (const mail of mails) {
        lastId += 1;
        keep({ ...mail, id: lastId }, ownBytes(mail) + share);
      }
      while (entries.size > maxMails || (bytes > maxBytes && entries.size > 1)) dropOldest();
    },
    get: (id) => entries.get(id)?.mail,
    newest: (query) =>
      idsOf(query)
        .take(query.limit)
        .flatMap((id) => {
          const entry = entries.get(id);
          return entry === undefined ? [] : [entry.mail];
        })
        .toArray(),
    countTo: (address) => byAddress.get(address.toLowerCase())?.length ?? 0,
    clear() {
      entries.clear();
      byAddress.clear();
      oldestId = lastId + 1;
      bytes = 0;
    },
    get counts() {
      return { sent: lastId, kept: entries.size, dropped };
    },
  };
}

function addressesOf({ to }: SentMail): Set<string> {
  return new Set(to.map((address) => address.toLowerCase()));
}
