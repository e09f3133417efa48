/**
 * The event page and its assets for browsers and CDN: precompressed, with strong ETags, and cached no longer than the
 * page is valid.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { eventPhase, type EventDefinition } from "../../shared/registration/event-definition.ts";
import { languageQuery, type LanguageChoice } from "../page/language.ts";
import { attendeePageHeaders } from "../../shared/page/page-headers.ts";
import type { Pages } from "../page/pages.ts";
import { methodNotAllowed, wantsPage } from "../http/problem.ts";
import { isCurrent, selectEncoding, type Representation } from "../page/representation.ts";

export interface PageRoutesOptions {
  readonly pages: Pages;
  readonly event: EventDefinition;
  readonly language: LanguageChoice;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Seconds. Short, since a pause and a notice must reach everybody within seconds; even so the CDN absorbs nearly all of a
 * rush, and who revalidates gets a 304.
 */
const browserSeconds = 2;
const edgeSeconds = 2;
/** How long the CDN may serve stale content while it revalidates, so that nobody waits. */
const revalidateSeconds = 2;
/** A stale page is better than an error page. */
const staleOnErrorSeconds = 600;

const forever = "public, max-age=31536000, immutable";
const imagePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
const anotherDeployment = "public, max-age=60";

/**
 * @param now milliseconds since the epoch
 * @returns the event page's `Cache-Control`: fresh or stale, it never outlives the current phase
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

/** Sends the bytes in an accepted encoding, or 304. */
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

export async function pageRoutes(
  app: FastifyInstance,
  { pages, event, language, now }: PageRoutesOptions,
): Promise<void> {
  app.get("/", { schema: { hide: true } }, (request, reply) => {
    const instant = now();
    reply.headers(attendeePageHeaders).headers({
      "cache-control": eventPageCaching(event, instant),
      vary: "Accept-Language, Accept-Encoding",
    });
    return sendRepresentation(request, reply, pages.event(language.of(request), eventPhase(event, instant)));
  });

  // Reached by reloading a rejected form post in a browser; does not exist for programs.
  app.get("/registrations", { schema: { hide: true }, config: { unlisted: true } }, (request, reply) => {
    if (!wantsPage(request)) throw methodNotAllowed(reply, ["POST"]);
    return reply
      .headers({ "cache-control": "no-store", vary: "Accept" })
      .redirect(`/${languageQuery(event, language.of(request))}`, 303);
  });

  app.get<{ Params: { "*": string } }>("/assets/*", { schema: { hide: true } }, (request, reply) => {
    const asset = pages.asset(request.params["*"]);
    if (!asset) return reply.callNotFound();
    reply.headers({
      "cache-control": asset.immutable ? forever : anotherDeployment,
      vary: "Accept-Encoding",
      "x-content-type-options": "nosniff",
      // The organiser's, opened by itself: not even what was overlooked runs with the site's rights.
      ...(asset.contentType.startsWith("image/svg") && { "content-security-policy": imagePolicy }),
    });
    return sendRepresentation(request, reply, asset);
  });
}
