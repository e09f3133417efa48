/**
 * The event page and its files, as a browser or a CDN fetches them: precompressed, with strong tags, and with caching that
 * ends no later than the page is true.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { eventPhase, type EventDefinition } from "../../shared/registration/event-definition.ts";
import { chooseLanguage } from "../page/language.ts";
import { attendeePageHeaders } from "../../shared/page/page-headers.ts";
import type { Pages } from "../page/pages.ts";
import { methodNotAllowed, wantsPage } from "../http/problem.ts";
import { isCurrent, selectEncoding, type Representation } from "../page/representation.ts";

export interface PageRoutesOptions {
  readonly pages: Pages;
  readonly event: EventDefinition;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Seconds; a browser asks again soon, the CDN spares us nearly all of it. */
const browserSeconds = 30;
const edgeSeconds = 60;
/** How long the CDN may go on with what it has while it fetches anew: nobody waits for the fetch. */
const revalidateSeconds = 60;
/** An old page is better than an error page, even when it is no longer quite true. */
const staleOnErrorSeconds = 600;

const forever = "public, max-age=31536000, immutable";
const anotherDeployment = "public, max-age=60";

/**
 * @param now milliseconds since the epoch
 * @returns the `Cache-Control` of the event page. However it is served, fresh or while revalidating, its age never passes the
 *   next change of phase.
 */
export function eventPageCaching(event: EventDefinition, now: number): string {
  const changes = [Date.parse(event.opensAt), Date.parse(event.closesAt)].filter((change) => change > now);
  const remaining = Math.floor((Math.min(...changes) - now) / 1_000);
  const fresh = Math.min(browserSeconds, remaining);
  const edge = Math.min(edgeSeconds, remaining);
  const revalidate = Math.min(revalidateSeconds, remaining - edge);
  return [
    "public",
    `max-age=${fresh}`,
    `s-maxage=${edge}`,
    `stale-while-revalidate=${revalidate}`,
    `stale-if-error=${staleOnErrorSeconds}`,
  ].join(", ");
}

/** Sends the bytes that the request can take, or 304 when it has them already. */
function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  representation: Representation,
): FastifyReply {
  const { bytes, contentEncoding, etag } = selectEncoding(representation, request.headers["accept-encoding"]);
  reply.header("etag", etag);
  if (isCurrent(request.headers["if-none-match"], etag)) return reply.code(304).send();
  reply.type(representation.contentType);
  if (contentEncoding) reply.header("content-encoding", contentEncoding);
  return reply.send(bytes);
}

export async function pageRoutes(app: FastifyInstance, { pages, event, now }: PageRoutesOptions): Promise<void> {
  app.get("/", { schema: { hide: true } }, (request, reply) => {
    const instant = now();
    const language = chooseLanguage(request.headers["accept-language"]);
    reply.headers(attendeePageHeaders).headers({
      "cache-control": eventPageCaching(event, instant),
      vary: "Accept-Language, Accept-Encoding",
    });
    return sendRepresentation(request, reply, pages.event(language, eventPhase(event, instant)));
  });

  // Where a browser comes to that reloads the address of a form post that was refused. For programs it is not there.
  app.get("/registrations", { schema: { hide: true }, config: { unlisted: true } }, (request, reply) => {
    if (!wantsPage(request)) throw methodNotAllowed(reply, ["POST"]);
    return reply.headers({ "cache-control": "no-store", vary: "Accept" }).redirect("/", 303);
  });

  app.get<{ Params: { "*": string } }>("/assets/*", { schema: { hide: true } }, (request, reply) => {
    const asset = pages.asset(request.params["*"]);
    if (!asset) return reply.callNotFound();
    reply.headers({
      "cache-control": asset.immutable ? forever : anotherDeployment,
      vary: "Accept-Encoding",
      "x-content-type-options": "nosniff",
    });
    return sendRepresentation(request, reply, asset);
  });
}
