/**
 * The body of a message of the mail queue: a **mail pack**, its version and 1 to 800 requests for a mail, a line each.
 *
 *     mails 1
 *     c <id> ann@example.org de        confirmed
 *     a <id> bob@example.org           already registered
 *     l <id> cem@example.org           link
 *
 * Short lines and not JSON: the worker writes one for each registration, and what a message costs is its characters, of
 * which the SDK escapes JSON's again. No part has a blank in it. A request holds nothing that an attendee typed but the address: anybody can register anybody's.
 */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { sqsLimits } from "../aws/aws-limits.ts";
import { TurnoutError } from "../errors.ts";
import { Email, languagePattern } from "../registration/registration.ts";

export const mailKinds = ["confirmed", "already-registered", "link"] as const;
export type MailKind = (typeof mailKinds)[number];

const MailRequest = Type.Object({
  kind: Type.Enum([...mailKinds]),
  /**
   * `confirmed`: the registration's. `already-registered`: that of the second registration, which was not stored.
   * `link`: one of the request's own.
   */
  id: Type.String({ pattern: "^[A-Za-z0-9-]{8,64}$" }),
  email: Email,
  language: Type.Optional(Type.String({ pattern: languagePattern })),
});

export type MailRequest = Static<typeof MailRequest>;

const mailPackVersion = 1;
const head = `mails ${mailPackVersion}`;
const anyHead = /^mails (\d{1,9})(\n|$)/;
export const maxMailsPerPack = 800;
/** Bytes of a mail pack's requests: one billing unit, less a reserve for its frame. */
export const maxMailPackBytes = sqsLimits.billingUnitBytes - 256;

const codes = { confirmed: "c", "already-registered": "a", link: "l" } as const satisfies Record<MailKind, string>;
const kindOf = new Map<string | undefined, MailKind>(mailKinds.map((kind) => [codes[kind], kind]));

const validator = Compile(MailRequest);

/** The key of a mail in the mails table: equal for every redelivery of its request. */
export function mailKey({ kind, id }: Pick<MailRequest, "kind" | "id">): string {
  return `${kind}/${id}`;
}

/** @returns one request as in a pack: a line in ASCII for `joinMailPack` */
export function encodeMailRequest({ kind, id, email, language }: MailRequest): string {
  const code = codes[kind];
  return language === undefined ? `${code} ${id} ${email}` : `${code} ${id} ${email} ${language}`;
}

/** @param encoded results of `encodeMailRequest`, at least one; the caller keeps the limits above */
export function joinMailPack(encoded: readonly string[]): string {
  return `${head}\n${encoded.join("\n")}`;
}

export interface DecodedMailPack {
  readonly requests: readonly MailRequest[];
  /** How many lines are no requests. */
  readonly invalid: number;
}

/**
 * @param body of a message, untrusted
 * @throws TURNOUT_PACK_MALFORMED for no mail pack, TURNOUT_PACK_VERSION_UNSUPPORTED for another version's
 */
export function decodeMailPack(body: string): DecodedMailPack {
  const [, version] = anyHead.exec(body) ?? [];
  if (version !== undefined && Number(version) !== mailPackVersion) {
    throw new TurnoutError(
      "TURNOUT_PACK_VERSION_UNSUPPORTED",
      `The mail pack has version ${version}; this worker reads version ${mailPackVersion}.`,
    );
  }
  const [, ...lines] = body.split("\n");
  if (version === undefined || lines.length === 0) {
    throw new TurnoutError("TURNOUT_PACK_MALFORMED", "The message is no mail pack: no version, or no request.");
  }
  const requests = lines.map(requestOf).filter((request): request is MailRequest => validator.Check(request));
  return { requests, invalid: lines.length - requests.length };
}

function requestOf(line: string): unknown {
  const [code, id, email, language, ...more] = line.split(" ");
  if (more.length > 0) return undefined;
  return { kind: kindOf.get(code), id, email, ...(language !== undefined && { language }) };
}
