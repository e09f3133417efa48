/**
 * Closes an HTTP service without cutting off active clients, and without waiting for silent or slow ones.
 *
 *     whoever waits to be let in is let in; then nobody else
 *     announcement: connections stay open, each answer says `Connection: close` and ends its connection
 *     after it: what has no request under way is closed
 *     after twice that: requests that are still not complete are cut off, and answers that nobody reads
 *     in the end: everything is, and a request that was complete but not answered makes the stop unclean
 *
 * If a connection closes while its client sends a request, the client cannot know whether it was accepted. So active
 * connections are used once more and closed with the answer.
 */
import { Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import { responseUnderWay, type HttpConnection, type HttpConnections } from "./http-connections.ts";

export interface HttpService {
  readonly connections: HttpConnections;
  /** Everything that accepts connections, all listening. */
  readonly listeners: readonly Server[];
  /** Closes the framework; called when no connection is left. */
  close(): Promise<unknown>;
}

/** Shares of the stop's deadline. */
const shares = { announcement: 1 / 8, incomplete: 1 / 4, everything: 5 / 8 };
const pollIntervalMs = 25;

/**
 * @param deadlineSeconds of the whole stop; this uses part of it
 * @throws Error when complete requests had to be cut off unanswered
 */
export async function closeHttp(
  { connections, listeners, close }: HttpService,
  deadlineSeconds: number,
): Promise<void> {
  const began = performance.now();
  const atMs = (share: number) => began + share * deadlineSeconds * 1_000;

  async function poll(until: number, each: () => void): Promise<void> {
    while (connections.count() > 0 && performance.now() < until) {
      each();
      // oxlint-disable-next-line no-await-in-loop
      await delay(Math.min(pollIntervalMs, Math.max(1, until - performance.now())));
      // Right after the loop has read its input: what is idle then has nothing unread.
      // oxlint-disable-next-line no-await-in-loop
      await nextTurn();
    }
  }

  connections.announceEnd();
  await letInWhoWaits(listeners, atMs(shares.announcement));
  for (const listener of listeners) stopListening(listener);
  await poll(atMs(shares.announcement), () => {});
  await poll(atMs(shares.incomplete), () => destroy(connections, (connection) => !responseUnderWay(connection)));
  await poll(atMs(shares.everything), () => destroy(connections, isStuck));
  // A busy machine may have left no time for it.
  destroy(connections, isStuck);
  const unanswered = destroy(connections, () => true);
  await close();
  if (unanswered > 0) throw new Error(`${unanswered} connections were cut off before their requests were answered.`);
}

/** Waits for its client to send the rest or to read the answer. */
function isStuck(connection: HttpConnection): boolean {
  const response = responseUnderWay(connection);
  return !response?.req.complete || response.writableEnded;
}

/** @returns how many were destroyed */
function destroy(connections: HttpConnections, which: (connection: HttpConnection) => boolean): number {
  const chosen = [...connections.all()].filter(({ socket }) => !socket.destroyed).filter(which);
  for (const { socket } of chosen) socket.destroy();
  return chosen.length;
}

/**
 * The kernel resets connections that are not accepted when a listener closes. Each listener accepts at least one per
 * loop turn, so when none did, nobody is waiting.
 */
async function letInWhoWaits(listeners: readonly Server[], until: number): Promise<void> {
  let taken = 0;
  const count = () => void (taken += 1);
  for (const listener of listeners) listener.on("connection", count);
  let before: number;
  do {
    before = taken;
    // oxlint-disable-next-line no-await-in-loop
    await delay(1);
    // oxlint-disable-next-line no-await-in-loop
    await nextTurn();
  } while (taken > before && performance.now() < until);
  for (const listener of listeners) listener.off("connection", count);
}

/** Without closing idle connections, unlike an HTTP server's own `close`. */
function stopListening(listener: Server): void {
  Server.prototype.close.call(listener);
}
