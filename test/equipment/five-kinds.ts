/**
 * Many dead letters of five kinds, as a bad night leaves them, and what mends each kind:
 *
 *     typo       40 %   the address ends with "@example"       replace "@example" by "@example.org" in email, replay
 *     nameless   20 %   the name is empty                      set name, replay
 *     crashed    25 %   valid, the worker crashed              replay
 *     tiny       10 %   a number that the table rejects        remove answers.guests, replay
 *     cut        5 %    the message is cut off                 discard
 */
import { hash } from "node:crypto";
import type { DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";

export const kindNames = ["typo", "nameless", "crashed", "tiny", "cut"] as const;
export type KindName = (typeof kindNames)[number];

const kindShares: Readonly<Record<KindName, number>> = {
  typo: 0.4,
  nameless: 0.2,
  crashed: 0.25,
  tiny: 0.1,
  cut: 0.05,
};

const causes = {
  typo: {
    reason: "invalid-registration",
    detail:
      "/email must be an address like name@example.org, at most 254 characters with at most 64 before the @, plain letters, digits and the usual signs before the @",
  },
  nameless: { reason: "invalid-registration", detail: "/name must be a name of 1 to 200 characters on one line" },
  crashed: {
    reason: "crash-loop",
    detail: "received again and again, and never finished: the worker may have crashed",
  },
  tiny: {
    reason: "rejected-by-table",
    detail: "Number underflow. Attempting to store a number with magnitude smaller than supported range",
  },
  cut: { reason: "malformed", detail: "The message body is not JSON." },
} as const satisfies Record<KindName, Pick<DeadLetterRecord, "reason" | "detail">>;

const names = ["Ada Lovelace", "Grace Hopper", "Mary Jackson", "Katherine Johnson", "Annie Easley", "Radia Perlman"];

function idOf(number: number): string {
  const digits = hash("sha256", `letter-${number}`, "hex");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

type Answers = Readonly<Record<string, unknown>>;

function letter(kind: KindName, number: number, failedAt: string, answers: Answers): DeadLetterRecord {
  const name = names[number % names.length]!;
  const email = `${name.toLowerCase().replace(" ", ".")}.${number}@example${kind === "typo" ? "" : ".org"}`;
  const id = idOf(number);
  const entry = {
    id,
    email,
    name: kind === "nameless" ? "" : name,
    answers: { ...answers, ...(kind === "tiny" && { guests: 1e-140 }) },
    submittedAt: new Date(Date.parse(failedAt) - 60_000).toISOString(),
  };
  const whole = JSON.stringify({ v: 1, registrations: [entry] });
  const body = kind === "cut" ? whole.slice(0, whole.indexOf('"answers"')) : whole;
  const { reason, detail } = causes[kind];
  return {
    id: kind === "cut" ? `raw-${hash("sha256", body, "hex").slice(0, 32)}` : id,
    state: "open",
    reason,
    detail,
    body,
    ...(kind === "crashed" && { registration: entry }),
    ...((kind === "typo" || kind === "nameless") && { email }),
    ...(kind !== "cut" && { submittedAt: entry.submittedAt }),
    firstFailedAt: failedAt,
    lastFailedAt: failedAt,
    failures: 1,
    history: [{ at: failedAt, who: "worker", what: "failed", detail: `${reason}: ${detail}` }],
    messageId: `message-${number}`,
  };
}

/**
 * @param count how many in all, shared as above; mixed, the newest first
 * @param until when the last one failed, milliseconds since the epoch; one fails each 100 ms before
 * @param answers that are valid for the event. Default: for event.json
 */
export function* fiveKinds(
  count: number,
  until: number,
  answers: Answers = { ticket: "Both days" },
): Generator<DeadLetterRecord> {
  const left = new Map(kindNames.map((kind) => [kind, Math.round(count * kindShares[kind])]));
  const given = new Map(kindNames.map((kind) => [kind, 0]));
  for (let number = 0; number < count; number += 1) {
    // The kind that is furthest behind its share.
    const open = kindNames.filter((kind) => given.get(kind)! < left.get(kind)!);
    const kind = open.reduce((a, b) => (given.get(a)! / kindShares[a] <= given.get(b)! / kindShares[b] ? a : b));
    given.set(kind, given.get(kind)! + 1);
    yield letter(kind, number, new Date(until - number * 100).toISOString(), answers);
  }
}
