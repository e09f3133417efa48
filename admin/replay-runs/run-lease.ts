/**
 * The lease of replays: one process at a time, of the whole deployment, performs a run. It is an item of the controls
 * table that its holder renews every few seconds. A holder that dies lets it run out; somebody who wants the run to stop
 * says so in the item, which the holder reads with each renewal.
 *
 * The lease keeps people from replaying over each other, and runs from being continued twice. It does not have to keep
 * records from being stored twice, which their claims do: clocks that differ end a lease early or late, and harm nothing.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { isConditionFailure } from "../../shared/aws/condition-failure.ts";
import { TurnoutError } from "../../shared/errors.ts";

export interface LeaseState {
  /** Id of the run. */
  readonly run: string;
  /** Who performs it. */
  readonly by: string;
  /** When it runs out: ISO 8601, UTC. */
  readonly until: string;
  /** Who asked it to stop. */
  readonly stopBy?: string;
}

/** Why a process has to end its run. */
export type LeaseEnd =
  | { readonly kind: "stop"; readonly by: string }
  /** It ran out, or another process has it. */
  | { readonly kind: "lost" };

export interface HeldLease {
  /** Unique: no other process and no other time has it. */
  readonly holder: string;
  /** Aborted, with a `LeaseEnd`, when the run has to end. */
  readonly signal: AbortSignal;
  /** @returns whether it can still be relied on, also after this process was suspended */
  isHeld(): boolean;
  /** Ends it, and its renewals. Safe to repeat. @throws the SDK's error when the table does not answer */
  release(): Promise<void>;
}

export interface RunLease {
  read(): Promise<LeaseState | undefined>;
  /**
   * Takes it, and renews it until it is released.
   * @throws TURNOUT_REPLAY_RUNNING, which says who has it, and how to stop that
   */
  take(run: string, by: string): Promise<HeldLease>;
  /** Asks the holder to stop. @returns whether this run was being performed; asked already is fine */
  requestStop(run: string, by: string): Promise<boolean>;
}

export interface RunLeaseOptions {
  readonly documents: DynamoDBDocumentClient;
  readonly controlsTable: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** After which a lease runs out. Default: 15 s. */
  readonly leaseSeconds?: number;
}

const defaultLeaseSeconds = 15;
/** How soon a request to stop is heard. */
const renewalMs = 2_000;
const id = "replay-lock";
const names = { "#run": "run", "#holder": "holder", "#by": "by", "#until": "until", "#stopBy": "stopBy" };

export function createRunLease(options: RunLeaseOptions): RunLease {
  const { documents, controlsTable, wallClock, leaseSeconds = defaultLeaseSeconds } = options;
  const leaseMs = leaseSeconds * 1_000;
  const untilFrom = (now: number) => new Date(now + leaseMs).toISOString();

  /** @returns the item as it is then; undefined when the condition does not hold */
  async function update(
    expression: string,
    condition: string,
    values: Record<string, string>,
  ): Promise<LeaseState | undefined> {
    const used = Object.entries(names).filter(([name]) => `${expression} ${condition}`.includes(name));
    try {
      const { Attributes } = await documents.send(
        new UpdateCommand({
          TableName: controlsTable,
          Key: { id },
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeNames: Object.fromEntries(used),
          ExpressionAttributeValues: values,
          ReturnValues: "ALL_NEW",
        }),
      );
      return Attributes as LeaseState | undefined;
    } catch (error) {
      if (isConditionFailure(error)) return undefined;
      throw error;
    }
  }

  async function read(): Promise<LeaseState | undefined> {
    const { Item } = await documents.send(
      new GetCommand({ TableName: controlsTable, Key: { id }, ConsistentRead: true }),
    );
    return Item as LeaseState | undefined;
  }

  function hold(holder: string, takenAt: { readonly wall: number; readonly monotonic: number }): HeldLease {
    const ending = new AbortController();
    const released = new AbortController();
    let renewedAt = takenAt;
    let releasing: Promise<unknown> | undefined;

    /** By both clocks: one of them stands still while a machine sleeps, the other one may be set. */
    function isHeld(): boolean {
      const { wall, monotonic } = renewedAt;
      return wallClock() - wall < leaseMs && performance.now() - monotonic < leaseMs;
    }

    function end(reason: LeaseEnd): void {
      ending.abort(reason);
    }

    async function renew(): Promise<void> {
      const at = { wall: wallClock(), monotonic: performance.now() };
      const lease = await update("SET #until = :until", "#holder = :holder", {
        ":until": untilFrom(at.wall),
        ":holder": holder,
      });
      if (lease === undefined) return end({ kind: "lost" });
      renewedAt = at;
      if (lease.stopBy !== undefined) end({ kind: "stop", by: lease.stopBy });
    }

    async function renewAgainAndAgain(): Promise<void> {
      const { signal } = released;
      while (!signal.aborted) {
        await delay(renewalMs, undefined, { signal, ref: false }).catch(() => {});
        if (signal.aborted) break;
        // A table that does not answer is asked again, as long as nobody else can have the lease.
        await renew().catch(() => {});
        if (!isHeld()) end({ kind: "lost" });
      }
    }

    void renewAgainAndAgain();
    return {
      holder,
      signal: ending.signal,
      isHeld: () => isHeld() && !(ending.signal.aborted && (ending.signal.reason as LeaseEnd).kind === "lost"),
      async release() {
        released.abort();
        releasing ??= update("SET #until = :until REMOVE #holder, #stopBy", "#holder = :holder", {
          ":until": new Date(0).toISOString(),
          ":holder": holder,
        });
        await releasing;
      },
    };
  }

  return {
    read,
    async take(run, by) {
      const holder = randomUUID();
      const at = { wall: wallClock(), monotonic: performance.now() };
      const taken = await update(
        "SET #run = :run, #holder = :holder, #by = :by, #until = :until REMOVE #stopBy",
        "attribute_not_exists(#until) OR #until <= :now OR #holder = :holder",
        {
          ":run": run,
          ":holder": holder,
          ":by": by,
          ":until": untilFrom(at.wall),
          ":now": new Date(at.wall).toISOString(),
        },
      );
      if (taken) return hold(holder, at);
      const other = await read();
      throw new TurnoutError(
        "TURNOUT_REPLAY_RUNNING",
        `${other?.by ?? "Somebody else"} runs a replay at this moment, and only one runs at a time: ${other?.run ?? "it has just ended"}. ` +
          `Wait for its end, or stop it in the console or with: turnout dead-letters runs stop ${other?.run ?? "ID"}`,
      );
    },
    async requestStop(run, by) {
      const asked = await update("SET #stopBy = if_not_exists(#stopBy, :by)", "#run = :run AND #until > :now", {
        ":by": by,
        ":run": run,
        ":now": new Date(wallClock()).toISOString(),
      });
      return asked !== undefined;
    },
  };
}
