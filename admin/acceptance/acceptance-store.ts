/**
 * Pausing and resuming acceptance, and the notices on the pages: reads and changes the item that the web tier reads.
 *
 * A change goes on from what was read and is conditional on its version: of two people at once the second is told, and
 * looks again. The audit log has the entry first, as with every change of an admin.
 */
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { isConditionFailure } from "../../shared/aws/condition-failure.ts";
import {
  acceptanceId,
  hasText,
  isPaused,
  readAcceptance,
  type Acceptance,
  type NoticeTexts,
} from "../../shared/acceptance/acceptance.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { Connection } from "../../terminal/connection.ts";
import { createAuditLog, type AdminAction } from "../audit-log.ts";

/** What somebody orders. */
export type AcceptanceOrder =
  | {
      readonly kind: "pause";
      /** ISO 8601, UTC. Undefined: until somebody resumes. */
      readonly until: string | undefined;
      /** Shown while it is paused; empty for none. */
      readonly notice: NoticeTexts;
    }
  /** Also removes the notice of the pause. */
  | { readonly kind: "resume" }
  /** Replaces the notice that is shown whether paused or not; empty removes it. */
  | { readonly kind: "notice"; readonly notice: NoticeTexts };

export interface AcceptanceStore {
  /** @throws the SDK's error */
  read(signal?: AbortSignal): Promise<Acceptance>;
  /**
   * @param why for the item and the audit log
   * @param readVersion that the person saw; the change is refused if there is a later one. Default: whatever is stored
   * @returns what is stored now
   * @throws TURNOUT_ACCEPTANCE_CHANGED; TURNOUT_USAGE_INVALID when there is nothing to change; the SDK's error
   */
  change(order: AcceptanceOrder, why: string, readVersion?: number): Promise<Acceptance>;
}

export interface AcceptanceStoreOptions {
  readonly connection: Pick<
    Connection,
    "documents" | "controlsTable" | "deadLettersTable" | "auditLogGroup" | "identity"
  >;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

const actions = { pause: "pause", resume: "resume", notice: "notice" } as const satisfies Record<
  AcceptanceOrder["kind"],
  AdminAction
>;

function describe(order: AcceptanceOrder): readonly [doing: string, done: string] {
  if (order.kind === "resume") return ["resuming acceptance", "resumed acceptance"];
  const languages = Object.keys(order.notice);
  const said = `in ${languages.join(", ")}`;
  if (order.kind === "notice") {
    if (languages.length === 0) return ["removing the notice", "removed the notice"];
    return [`setting a notice ${said}`, `set a notice ${said}`];
  }
  const end = order.until === undefined ? "" : ` until ${order.until}`;
  const notice = languages.length > 0 ? `, with a notice ${said}` : "";
  return [`pausing acceptance${end}${notice}`, `paused acceptance${end}${notice}`];
}

function apply(order: AcceptanceOrder, before: Acceptance): Pick<Acceptance, "state" | "notice" | "pauseNotice"> {
  const { state, notice, pauseNotice, until } = before;
  switch (order.kind) {
    case "pause":
      return {
        state: "paused",
        notice,
        pauseNotice: order.notice,
        ...(order.until !== undefined && { until: order.until }),
      };
    case "resume":
      return { state: "open", notice, pauseNotice: {} };
    case "notice":
      return { state, notice: order.notice, pauseNotice, ...(until !== undefined && { until }) };
  }
}

function requireEffect(order: AcceptanceOrder, before: Acceptance, now: number): void {
  const invalid = (message: string) => new TurnoutError("TURNOUT_USAGE_INVALID", message);
  if (order.kind === "resume" && !isPaused(before, now)) throw invalid("Acceptance is not paused.");
  if (order.kind === "notice" && !hasText(order.notice) && !hasText(before.notice)) {
    throw invalid("There is no notice to remove.");
  }
  if (order.kind === "pause" && order.until !== undefined && Date.parse(order.until) <= now) {
    throw invalid(`The pause would end at ${order.until}, which is over.`);
  }
}

export function createAcceptanceStore({ connection, wallClock }: AcceptanceStoreOptions): AcceptanceStore {
  const { documents, controlsTable: table } = connection;

  const read = (signal?: AbortSignal) => readAcceptance({ documents, table, consistent: true, signal });

  function changedMeanwhile({ who, at }: Acceptance): TurnoutError {
    return new TurnoutError(
      "TURNOUT_ACCEPTANCE_CHANGED",
      `${who || "Somebody"} changed acceptance${at && ` at ${at}`}, after you looked. Look again, and decide anew.`,
    );
  }

  async function put(item: Acceptance, before: Acceptance): Promise<void> {
    try {
      await documents.send(
        new PutCommand({
          TableName: table,
          Item: { id: acceptanceId, ...item },
          ConditionExpression: before.version === 0 ? "attribute_not_exists(id)" : "version = :read",
          ...(before.version > 0 && { ExpressionAttributeValues: { ":read": before.version } }),
        }),
      );
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      const found = await read();
      // Our own, whose answer was lost, and which was sent again.
      if (found.version === item.version && found.at === item.at && found.who === item.who) return;
      throw changedMeanwhile(found);
    }
  }

  return {
    read,
    async change(order, why, readVersion) {
      const before = await read();
      if (readVersion !== undefined && before.version !== readVersion) throw changedMeanwhile(before);
      requireEffect(order, before, wallClock());
      const who = await connection.identity();
      const log = createAuditLog({ connection, who, wallClock });
      const [doing, done] = describe(order);
      return log.around({ action: actions[order.kind], ids: [], detail: doing, why }, async () => {
        const at = new Date(wallClock()).toISOString();
        const after = { ...apply(order, before), who, why, at, version: before.version + 1 };
        await put(after, before);
        return [after, done];
      });
    },
  };
}
