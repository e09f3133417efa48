/**
 * Looks for what a removed stack left behind: by its tag, by its name, and by the names of what it had. Where each kind is
 * looked for stands in `leftover-looks.ts`; removes nothing by itself.
 */
import { Type, type Static } from "typebox";
import type { DeploymentClients } from "./clients.ts";
import { readStack } from "./deployed-stack.ts";
import type { Leftover, LookContext } from "./leftover.ts";
import { looks } from "./leftover-looks.ts";
import { readTraces } from "./traces.ts";

const Item = Type.Object(
  {
    kind: Type.String({ description: "what it is, such as log group" }),
    name: Type.String(),
    detail: Type.String({ description: "why it is ours, or why it stays" }),
  },
  { additionalProperties: false },
);

/** What `--json` prints. */
export const LeftoversReport = Type.Object(
  {
    stack: Type.String(),
    region: Type.String(),
    clean: Type.Boolean({ description: "nothing is left or kept, and everything could be looked at" }),
    left: Type.Array(Item),
    kept: Type.Array(Item, { description: "what the stack left by intent: the data of a production" }),
    shared: Type.Array(Item, { description: "of the account and region, not of this stack; does not count" }),
    unseen: Type.Array(Type.Object({ what: Type.String(), reason: Type.String() }, { additionalProperties: false }), {
      description: "where it could not be looked",
    }),
  },
  { additionalProperties: false },
);

export type LeftoversReport = Static<typeof LeftoversReport>;

export interface Leftovers {
  readonly report: LeftoversReport;
  /** What can be removed without asking CloudFormation. */
  readonly removable: readonly (Leftover & Required<Pick<Leftover, "remove">>)[];
}

export interface LeftoversOptions {
  readonly clients: DeploymentClients;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** Called before each kind, with how many kinds were looked for and how many there are. */
  readonly onPoll?: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** As long as the stack is there and whole, everything of it is in its place and not left behind. */
async function stillThere({ cloudFormation, firewalls }: DeploymentClients, stack: string) {
  const main = await readStack(cloudFormation, stack);
  const firewall = await readStack(firewalls, `${stack}-firewall`);
  const items = [main, firewall].flatMap((found): Leftover[] =>
    found === undefined || found.status === "DELETE_COMPLETE"
      ? []
      : [
          {
            kind: "stack",
            name: found.name,
            detail: `${found.status}; npm run destroy -- --stack ${stack}`,
            state: "left",
          },
        ],
  );
  return { items, whole: main !== undefined && !/DELETE/.test(main.status) };
}

/** @throws the SDK's error when CloudFormation does not answer or refuses: without it nothing is certain */
export async function findLeftovers(options: LeftoversOptions): Promise<Leftovers> {
  const { clients, stack, account, region, onPoll, signal } = options;
  const { items: found, whole } = await stillThere(clients, stack);
  const unseen: LeftoversReport["unseen"] = [];
  if (!whole) {
    const traces = await readTraces(clients, stack);
    const context: LookContext = { clients, stack, account, traces };
    for (const [index, { what, find }] of looks.entries()) {
      signal.throwIfAborted();
      onPoll?.(index, looks.length);
      try {
        found.push(...(await find(context)));
      } catch (error) {
        const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        unseen.push({ what, reason });
      }
    }
  }
  const inState = (state: Leftover["state"]) =>
    found.filter((one) => one.state === state).map(({ kind, name, detail }) => ({ kind, name, detail }));
  const [left, kept, shared] = [inState("left"), inState("kept"), inState("shared")];
  const clean = left.length + kept.length + unseen.length === 0;
  return {
    report: { stack, region, clean, left, kept, shared, unseen },
    removable: found.flatMap((one) => (one.remove === undefined ? [] : [{ ...one, remove: one.remove }])),
  };
}

/**
 * Removes what can be. Safe to call again.
 * @param note told of each thing that was removed, or could not be
 */
export async function removeLeftovers({ removable }: Leftovers, note: (line: string) => void): Promise<void> {
  for (const { kind, name, remove } of removable) {
    try {
      await remove();
      note(`Removed ${kind} ${name}.`);
    } catch (error) {
      note(`Could not remove ${kind} ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
