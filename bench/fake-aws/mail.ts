/** The fake's SES: takes mails for everybody, at any rate, and marks whose they are. */
import { personOf } from "../people.ts";
import { createRoll, type RollCount } from "./roll.ts";

export interface FakeMail {
  /** @returns the answer; undefined for a call that the fake does not know */
  answer(method: string, path: string, body: string): object | undefined;
  count(): RollCount;
  clear(): void;
}

interface BulkCall {
  readonly BulkEmailEntries: readonly { readonly Destination: { readonly ToAddresses: readonly string[] } }[];
}

export function createFakeMail(): FakeMail {
  const sent = createRoll();
  let messages = 0;

  return {
    answer(method, path, body) {
      switch (`${method} ${path}`) {
        case "GET /v2/email/account":
          return {
            SendingEnabled: true,
            ProductionAccessEnabled: true,
            SendQuota: { MaxSendRate: 10_000, Max24HourSend: -1, SentLast24Hours: 0 },
          };
        case "POST /v2/email/outbound-bulk-emails": {
          const { BulkEmailEntries } = JSON.parse(body) as BulkCall;
          return {
            BulkEmailEntryResults: BulkEmailEntries.map(({ Destination: { ToAddresses } }) => {
              for (const address of ToAddresses) sent.mark(personOf(address));
              messages += 1;
              return { Status: "SUCCESS", MessageId: `mail-${messages}` };
            }),
          };
        }
        default:
          return undefined;
      }
    },
    count: () => sent.count(),
    clear() {
      sent.clear();
      messages = 0;
    },
  };
}
