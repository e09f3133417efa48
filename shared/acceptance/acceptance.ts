/**
 * Whether new registrations are accepted, and what the attendee's pages say beside the event's own texts: one item of the
 * controls table, written by people (`admin/acceptance/`), read by every process of the web tier. The event file stays
 * the plan: opening times apply whatever is ordered here.
 */
import { GetCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { languages } from "../page/language.ts";
import { plainLinePattern } from "../registration/plain-text.ts";

/** Key of the item. */
export const acceptanceId = "acceptance";

/** UTF-16 code units of a notice in one language. */
export const maxNoticeLength = 500;
export const maxWhyLength = 500;

/** Name of the text that is in the event's own language, whichever that is. */
export const eventLanguage = "event";
export const noticeLanguages = [eventLanguage, ...languages] as const;

/** By language tag; plain text on one line. */
export const NoticeTexts = Type.Object(
  Object.fromEntries(
    noticeLanguages.map((language) => [
      language,
      Type.Optional(Type.String({ pattern: plainLinePattern, maxLength: maxNoticeLength })),
    ]),
  ),
  { additionalProperties: false },
);

export type NoticeTexts = Readonly<Partial<Record<(typeof noticeLanguages)[number], string>>>;

const Acceptance = Type.Object({
  state: Type.Enum(["open", "paused"]),
  /** ISO 8601, UTC: when the pause ends by itself. Absent: when somebody resumes. */
  until: Type.Optional(Type.String()),
  /** Shown while it is paused only. */
  pauseNotice: NoticeTexts,
  /** Shown until somebody removes it. */
  notice: NoticeTexts,
  /** Who ordered the latest change, and why. */
  who: Type.String(),
  why: Type.String(),
  /** ISO 8601, UTC, of the latest change. */
  at: Type.String(),
  /** Counts the changes, so that of two people at once only one makes the next. */
  version: Type.Integer({ minimum: 0 }),
});

export type Acceptance = Readonly<
  Omit<Static<typeof Acceptance>, "notice" | "pauseNotice"> & { notice: NoticeTexts; pauseNotice: NoticeTexts }
>;

/** Before anybody ordered anything. */
export const acceptedByDefault: Acceptance = {
  state: "open",
  pauseNotice: {},
  notice: {},
  who: "",
  why: "",
  at: "",
  version: 0,
};

const compiled = Compile(Acceptance);

/** @throws Error when the item is not one that this version can read */
function toAcceptance(item: Record<string, unknown> | undefined): Acceptance {
  if (item === undefined) return acceptedByDefault;
  if (!compiled.Check(item)) throw new Error(`The item ${acceptanceId} of the controls table cannot be read.`);
  const { state, until, pauseNotice, notice, who, why, at, version } = item as Acceptance;
  return { state, pauseNotice, notice, who, why, at, version, ...(until !== undefined && { until }) };
}

/** @param now milliseconds since the epoch, of the process that asks */
export function isPaused({ state, until }: Acceptance, now: number): boolean {
  return state === "paused" && (until === undefined || Date.parse(until) > now);
}

export function hasText(texts: NoticeTexts): boolean {
  return Object.keys(texts).length > 0;
}

export interface AcceptanceReading {
  readonly documents: DynamoDBDocumentClient;
  /** Name of the controls table. */
  readonly table: string;
  /** Whether the latest write has to be seen. Default: no, which costs half. */
  readonly consistent?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** @throws the SDK's error; Error when the item cannot be read */
export async function readAcceptance({ documents, table, consistent, signal }: AcceptanceReading): Promise<Acceptance> {
  const get = new GetCommand({ TableName: table, Key: { id: acceptanceId }, ConsistentRead: consistent ?? false });
  const { Item } = await documents.send(get, { ...(signal && { abortSignal: signal }) });
  return toAcceptance(Item);
}
