/**
 * Decides before any work whether a request is taken: opening times, forms of other sites, load, and how many requests a
 * client may send. The same for every route that puts something on a queue or reads a status.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import { createPhaseClock, type EventDefinition } from "../../shared/registration/event-definition.ts";
import { createClientLimit, type ClientLimit } from "../http/client-limit.ts";
import { rejectForeignForm } from "../http/form-origin.ts";
import { problemType, toProblem, wantsPage } from "../http/problem.ts";
import type { LoadShedder, Rejection } from "../queue/load-shedding.ts";
import type { Rejections } from "../queue/rejections.ts";

export interface AdmissionOptions {
  readonly event: EventDefinition;
  /** For registrations and changes of them. */
  readonly shedder: LoadShedder;
  /** For status requests. */
  readonly statusShedder: LoadShedder;
  readonly rejections: Rejections;
  /** Registrations per client and minute; 0 for no limit. */
  readonly rateLimitPerMinute: number;
  /** The site's public origin; undefined when unknown. */
  readonly publicUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

export interface Admission {
  /** @throws TURNOUT_NOT_OPEN_YET, TURNOUT_CLOSED */
  rejectOutsideOpening(): void;
  isOpen(): boolean;
  /** @throws TURNOUT_ORIGIN_REFUSED for a form that another site sent */
  rejectForeign(request: FastifyRequest): void;
  /**
   * @param shedder of what is asked for
   * @param detail of the problem, for programs
   * @param reasonPrefix names what was shed in the log
   * @returns answers a request that is shed. Whether it did
   */
  createShedding(
    shedder: LoadShedder,
    detail: string,
    reasonPrefix: string,
  ): (request: FastifyRequest, reply: FastifyReply) => boolean;
  /** Sheds by the load of the send buffer. @returns whether the request is answered */
  isShed(request: FastifyRequest, reply: FastifyReply): boolean;
  /** Sheds by the load of the status reads. @returns whether the request is answered */
  isStatusShed(request: FastifyRequest, reply: FastifyReply): boolean;
  /** Hook for status requests: before the receipt is decrypted. */
  readonly statusRead: Hook;
  /**
   * @param share of the registrations that a client may send: above 1 for requests that cost less
   * @returns a route's configuration, by which its requests are counted
   */
  limited(share: number): { readonly clientLimit?: ClientLimit };
}

/**
 * Status requests per client for each registration it may send. A client that polls as told makes about 14 in the first
 * minute and six in each further one, and many clients may share an address.
 */
export const looksPerRegistration = 20;

export function createAdmission(options: AdmissionOptions): Admission {
  const { event, shedder, statusShedder, rejections, rateLimitPerMinute, wallClock, now } = options;
  const publicOrigin = options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin;
  const phaseAt = createPhaseClock(event);

  /** Answers shed requests directly, without error handling and serialisation: in a rush most requests end here. */
  function createShedding(ofShedder: LoadShedder, detail: string, reasonPrefix: string) {
    const problem = JSON.stringify(toProblem(new TurnoutError("TURNOUT_OVERLOADED", detail)));
    function answer(request: FastifyRequest, reply: FastifyReply, { reason, retryAfterSeconds }: Rejection): void {
      reply.header("Retry-After", retryAfterSeconds);
      if (wantsPage(request)) throw new TurnoutError("TURNOUT_OVERLOADED", detail);
      rejections.count("TURNOUT_OVERLOADED", `${reasonPrefix}${reason}`);
      reply.code(503).header("Cache-Control", "no-store").type(problemType).send(problem);
    }
    return (request: FastifyRequest, reply: FastifyReply) => {
      const rejection = ofShedder.rejection();
      if (rejection) answer(request, reply, rejection);
      return rejection !== undefined;
    };
  }

  const isStatusShed = createShedding(
    statusShedder,
    "What was accepted stays accepted. Please try again after a while.",
    "status-",
  );

  return {
    rejectOutsideOpening() {
      const phase = phaseAt(wallClock());
      if (phase === "before") {
        throw new TurnoutError("TURNOUT_NOT_OPEN_YET", `Registration opens at ${event.opensAt}.`);
      }
      if (phase === "closed") throw new TurnoutError("TURNOUT_CLOSED", `Registration closed at ${event.closesAt}.`);
    },
    isOpen: () => phaseAt(wallClock()) === "open",
    rejectForeign: (request) => rejectForeignForm(request, publicOrigin),
    createShedding,
    isShed: createShedding(shedder, "Nothing was registered. Please send the same again after a while.", ""),
    isStatusShed,
    statusRead(request, reply, done) {
      if (!isStatusShed(request, reply)) done();
    },
    limited(share) {
      const max = Math.max(1, Math.floor(rateLimitPerMinute * share));
      return rateLimitPerMinute > 0 ? { clientLimit: createClientLimit({ max, now }) } : {};
    },
  };
}
