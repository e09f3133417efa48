/** Lists what a removed stack left behind, by the finders in `leftover-finders.ts`, and removes what can be removed. */
import { Type, type Static } from "typebox";
import type { DeploymentClients } from "./clients.ts";
import { readStack } from "./deployed-stack.ts";
import { finders, type Leftover, type Search } from "./leftover-finders.ts";
import { readTraces } from "./traces.ts";

const Item = Type.Object(
  {
    kind: Type.String({ description: "such as log group" }),
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
    clean: Type.Boolean({ description: "nothing is left or kept, and no search failed" }),
    left: Type.Array(Item),
    kept: Type.Array(Item, { description: "by intent: the data of a production" }),
    shared: Type.Array(Item, { description: "by the whole account and region; does not count" }),
    unseen: Type.Array(Type.Object({ what: Type.String(), reason: Type.String() }, { additionalProperties: false }), {
      description: "searches that failed",
    }),
  },
  { additionalProperties: false },
);

export type LeftoversReport = Static<typeof LeftoversReport>;

export interface Leftovers {
  readonly report: LeftoversReport;
  /** Whether there is or was such a stack of Turnout's: CloudFormation remembers it, or something carries its tag. */
  readonly known: boolean;
  /** What can be removed without CloudFormation. */
  readonly removable: readonly (Leftover & Required<Pick<Leftover, "remove">>)[];
}

export interface LeftoversOptions {
  readonly clients: DeploymentClients;
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** Called before each search, with how many are done and how many there are. */
  readonly onSearch?: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Nothing of a stack that exists, and is not being deleted, is left behind. */
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

/**
 * Changes nothing.
 * @throws the SDK's error of CloudFormation, without which nothing is certain
 */
export async function findLeftovers(options: LeftoversOptions): Promise<Leftovers> {
  const { clients, stack, account, region, onSearch, signal } = options;
  const { items: found, whole } = await stillThere(clients, stack);
  const unseen: LeftoversReport["unseen"] = [];
  let traced = false;
  if (!whole) {
    const traces = await readTraces(clients, stack);
    traced = traces.resources.length > 0;
    const search: Search = { clients, stack, account, region, traces };
    for (const [index, { what, find }] of finders.entries()) {
      signal.throwIfAborted();
      onSearch?.(index, finders.length);
      try {
        found.push(...(await find(search)));
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
    known: whole || traced || found.some(({ isTagged }) => isTagged),
    removable: found.flatMap((one) => (one.remove === undefined ? [] : [{ ...one, remove: one.remove }])),
  };
}

/** Removes what can be removed, and reports each result. Safe to call again. */
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
