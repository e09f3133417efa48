/**
 * `GET /progress`: how far the queue as a whole is, the same answer for everybody, kept at the edge for a second. A status
 * page asks it first, and for its receipt only when its time may have come; so most polls of a backlog reach no instance.
 *
 * Nothing in it may follow a single registration, or tell a known address from a new one: it is built from the numbers of
 * messages and packs and from what all workers finished with any result, never from what was stored, and only if so many
 * wait that one more is not seen.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type, type Static } from "typebox";
import type { BacklogReading, RecentBacklog } from "../status/recent-backlog.ts";

export interface ProgressRouteOptions {
  readonly backlog: Pick<RecentBacklog, "read">;
}

/** Fewer than these are not told, and people are told in steps of it. */
export const fewestTold = 100;

const Progress = Type.Object({
  storedUntil: Type.Union([Type.String(), Type.Null()], {
    description:
      "ISO 8601, UTC: what was accepted until about then is stored, but for fewer than a hundred registrations and those that " +
      "are retried. null when it is not known.",
  }),
  waiting: Type.Optional(
    Type.Integer({ minimum: 0, multipleOf: fewestTold, description: "about how many people wait, rounded down" }),
  ),
  estimatedWaitSeconds: Type.Optional(
    Type.Integer({ minimum: 0, description: "of somebody who registers now; only if it can be told" }),
  ),
});

/** Nobody waits longer for a confirmation for it, and however many ask, an edge location asks once a second. */
const caching = "public, max-age=1, s-maxage=1";

/** @returns what everybody may know of a backlog */
export function progressOf(backlog: BacklogReading | undefined): Static<typeof Progress> {
  if (backlog === undefined) return { storedUntil: null };
  const { people, readAt, finishedUntil, etaSeconds } = backlog;
  if (people < fewestTold) return { storedUntil: toSecond(readAt), waiting: 0, estimatedWaitSeconds: 0 };
  return {
    storedUntil: finishedUntil === null ? null : toSecond(finishedUntil),
    waiting: Math.floor(people / fewestTold) * fewestTold,
    ...(etaSeconds !== null && { estimatedWaitSeconds: etaSeconds }),
  };
}

function toSecond(at: number): string {
  return new Date(Math.floor(at / 1_000) * 1_000).toISOString();
}

export const progressRoute: FastifyPluginAsyncTypebox<ProgressRouteOptions> = async (app, { backlog }) => {
  app.get(
    "/progress",
    { schema: { summary: "Until when accepted registrations are stored", response: { 200: Progress } } },
    async (_request, reply) => {
      reply.header("Cache-Control", caching);
      return progressOf(await backlog.read());
    },
  );
};
