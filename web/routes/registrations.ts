/** The registrations resource: `POST /registrations` accepts one, `GET /registrations/<receipt>` tells its status. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { TurnoutError } from "../../shared/errors.ts";
import { createPhaseClock, type EventDefinition } from "../../shared/registration/event-definition.ts";
import { formType } from "../../shared/registration/form-body.ts";
import { encodeRegistration } from "../../shared/registration/registration-pack.ts";
import { normalizeSubmission, submissionSchema, type Submission } from "../../shared/registration/submission-schema.ts";
import type { GroupCommit } from "../queue/group-commit.ts";
import type { WebMetrics } from "../metrics.ts";
import { submissionFromForm } from "../page/form-submission.ts";
import { chooseLanguage } from "../page/language.ts";
import { attendeePageHeaders } from "../../shared/page/page-headers.ts";
import type { Pages } from "../page/pages.ts";
import { problemType, toProblem, wantsPage } from "../http/problem.ts";
import type { EstimatedWait } from "../status/estimated-wait.ts";
import { rejectForeignForm } from "../http/form-origin.ts";
import type { LoadShedder, Rejection } from "../queue/load-shedding.ts";
import { meantStatusUrl } from "../status/meant-receipt.ts";
import type { Rejections } from "../queue/rejections.ts";
import type { Receipts } from "../status/receipts.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { registrationStatuses, type StatusReader } from "../status/registration-status.ts";

export interface RegistrationRoutesOptions {
  readonly event: EventDefinition;
  readonly groupCommit: GroupCommit;
  readonly receipts: Receipts;
  readonly statuses: StatusReader;
  readonly pages: Pages;
  readonly metrics: WebMetrics;
  readonly shedder: LoadShedder;
  /** For status requests. */
  readonly statusShedder: LoadShedder;
  readonly rejections: Rejections;
  readonly backlog: EstimatedWait;
  /** Registrations per client and minute; 0 for no limit. */
  readonly rateLimitPerMinute: number;
  /** The site's public origin; undefined when unknown. */
  readonly publicUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

const firstPollAfterSeconds = 1;
const slowestPollAfterSeconds = 10;
/** As in `page/assets/status.js`. */
const toldUnknownAfterMs = 10_000;
/**
 * Only for the status route: the framework's timeout costs as much as validation, receipt and packing together (Node
 * creates an error with a stack per request). Accepting is bounded without it, by the longest buffer wait and the send
 * timeouts.
 */
const statusTimeoutMs = 30_000;

/**
 * Status requests per client for each registration it may send. A client that polls as told makes about 14 in the first
 * minute and six in each further one, and many clients may share an address.
 */
const looksPerRegistration = 20;

const Accepted = Type.Object({
  receipt: Type.String({ description: "the only way to ask about this registration; keep it" }),
  status: Type.Literal("pending"),
  statusUrl: Type.String(),
  retryAfterSeconds: Type.Integer({ description: "when to poll statusUrl first" }),
});

const jsonType = "application/json; charset=utf-8";

/** Serialises `Accepted` by hand: no value needs escaping, which a serialiser would check for every registration. */
function acceptedBody(receipt: string, statusUrl: string): string {
  return `{"receipt":"${receipt}","status":"pending","statusUrl":"${statusUrl}","retryAfterSeconds":${firstPollAfterSeconds}}`;
}

const Status = Type.Object({
  status: Type.Enum([...registrationStatuses], {
    description:
      "pending until it is settled; confirmed: the address is registered; needs-attention: kept, an organiser will decide; " +
      "declined: an organiser gave up on it; withdrawn: by the attendee. Final states do not change, except that an " +
      "organiser can settle what needs attention.",
  }),
  submittedAt: Type.String({ description: "ISO 8601, UTC" }),
  retryAfterSeconds: Type.Optional(Type.Integer({ description: "only while pending: when to poll again" })),
  estimatedWaitSeconds: Type.Optional(Type.Integer({ description: "only while pending and if it can be told" })),
});

/** The same parser that chooses the body parser. */
function isForm(request: FastifyRequest): boolean {
  return request.mediaType === formType;
}

export const registrationRoutes: FastifyPluginAsyncTypebox<RegistrationRoutesOptions> = async (app, options) => {
  const { event, groupCommit, receipts, statuses, pages, metrics, shedder, statusShedder, rejections } = options;
  const { backlog, rateLimitPerMinute, wallClock, now, random } = options;

  const publicOrigin = options.publicUrl === undefined ? undefined : new URL(options.publicUrl).origin;
  const phaseAt = createPhaseClock(event);
  const cannotRegister = createShedding("Nothing was registered. Please send the same again after a while.", "");
  const cannotReadStatus = createShedding(
    "What was accepted stays accepted. Please try again after a while.",
    "status-",
  );

  function rejectOutsideOpening(): void {
    const phase = phaseAt(wallClock());
    if (phase === "before") {
      throw new TurnoutError("TURNOUT_NOT_OPEN_YET", `Registration opens at ${event.opensAt}.`);
    }
    if (phase === "closed") throw new TurnoutError("TURNOUT_CLOSED", `Registration closed at ${event.closesAt}.`);
  }

  /**
   * Answers shed requests directly, without error handling and serialisation: in a rush most requests end here.
   * @param reasonPrefix names what was shed in the log
   */
  function createShedding(detail: string, reasonPrefix: string) {
    const problem = JSON.stringify(toProblem(new TurnoutError("TURNOUT_OVERLOADED", detail)));
    return (request: FastifyRequest, reply: FastifyReply, { reason, retryAfterSeconds }: Rejection): void => {
      reply.header("Retry-After", retryAfterSeconds);
      if (wantsPage(request)) throw new TurnoutError("TURNOUT_OVERLOADED", detail);
      rejections.count("TURNOUT_OVERLOADED", `${reasonPrefix}${reason}`);
      reply.code(503).header("Cache-Control", "no-store").type(problemType).send(problem);
    };
  }

  /** Before the body is read: shed requests should not be parsed. */
  function admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    rejectOutsideOpening();
    if (isForm(request)) rejectForeignForm(request, publicOrigin);
    const rejection = shedder.rejection();
    if (rejection) cannotRegister(request, reply, rejection);
    else done();
  }

  /** Before the receipt is decrypted. */
  function admitStatusRead(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const rejection = statusShedder.rejection();
    if (rejection) cannotReadStatus(request, reply, rejection);
    else done();
  }

  /** @param requests per client and minute; 0 for no limit */
  function limited(requests: number) {
    return requests > 0 ? { rateLimit: { max: requests, timeWindow: 60_000 } } : {};
  }

  function normalize(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    if (isForm(request)) request.body = submissionFromForm(request.body as Record<string, unknown>, event);
    normalizeSubmission(request.body, event);
    done();
  }

  app.post(
    "/registrations",
    {
      schema: {
        summary: "Register one person",
        description:
          "Answers 202 only after the registration is safely queued. Send an Idempotency-Key header and repeat the same " +
          "request on 503, 429 or a lost answer: it counts once. The first registration of an address wins.",
        consumes: ["application/json", formType],
        body: submissionSchema(event),
        response: { 202: Accepted },
      },
      onRequest: admit,
      config: limited(rateLimitPerMinute),
      preValidation: normalize,
    },
    async (request, reply) => {
      const { email, name, answers = {} } = request.body as Submission;
      const key = request.headers["idempotency-key"];
      const id = registrationId(typeof key === "string" ? key : undefined, email);
      const submittedAt = new Date(wallClock()).toISOString();
      const startedAt = now();
      await groupCommit.submit(encodeRegistration({ id, email, name, answers, submittedAt }));
      metrics.acceptSeconds.observe((now() - startedAt) / 1_000);
      const receipt = receipts.seal({ email, registrationId: id, submittedAt });
      const statusUrl = `/registrations/${receipt}`;
      reply.header("Cache-Control", "no-store");
      if (isForm(request)) return reply.redirect(statusUrl, 303);
      reply.code(202).type(jsonType).header("Location", statusUrl).header("Retry-After", firstPollAfterSeconds);
      return reply.send(acceptedBody(receipt, statusUrl) as never);
    },
  );

  app.get(
    "/registrations/:receipt",
    {
      schema: {
        summary: "What became of a registration",
        params: Type.Object({ receipt: Type.String() }),
        response: { 200: Status },
      },
      onRequest: admitStatusRead,
      config: limited(rateLimitPerMinute * looksPerRegistration),
      handlerTimeout: statusTimeoutMs,
    },
    async (request, reply) => {
      const { receipt } = request.params;
      const content = receipts.open(receipt);
      if (!content) {
        const meant = meantStatusUrl(request.url, receipts);
        if (meant === undefined) throw unknownReceipt();
        return sendToStatus(reply, meant) as never;
      }
      const status = await statuses.read(content);
      if (status === undefined) throw unknownReceipt();
      const { submittedAt } = content;
      const view = status === "pending" ? pendingView(submittedAt) : { status, submittedAt };
      reply.header("Cache-Control", "no-store").header("Vary", "Accept, Accept-Language");
      if ("retryAfterSeconds" in view) reply.header("Retry-After", view.retryAfterSeconds);
      if (!wantsPage(request)) return view;
      const language = chooseLanguage(request.headers["accept-language"]);
      const page = { ...view, waitUnknown: status === "pending" && hasWaited(submittedAt) };
      return sendPage(reply, pages.status(language, page, `/registrations/${receipt}`));
    },
  );

  /** After a short wait "unknown" is not shown: usually it is over in a moment. */
  function hasWaited(submittedAt: string): boolean {
    return wallClock() - Date.parse(submittedAt) > toldUnknownAfterMs;
  }

  /**
   * The longer the wait, the less frequent the polls. Randomised, so that those who registered together do not poll
   * together.
   */
  function pendingView(submittedAt: string) {
    const estimatedWaitSeconds = backlog.estimatedWaitSeconds();
    const waitedSeconds = (wallClock() - Date.parse(submittedAt)) / 1_000;
    const due = Math.max(waitedSeconds / 5, (estimatedWaitSeconds ?? 0) / 4);
    const spread = firstPollAfterSeconds + due * (0.75 + random() / 2);
    const retryAfterSeconds = Math.round(Math.min(spread, slowestPollAfterSeconds));
    return {
      status: "pending" as const,
      submittedAt,
      retryAfterSeconds,
      ...(estimatedWaitSeconds !== undefined && { estimatedWaitSeconds: Math.max(1, estimatedWaitSeconds) }),
    };
  }
};

/** @returns a redirect to the link that was meant */
export function sendToStatus(reply: FastifyReply, statusUrl: string): FastifyReply {
  return reply.header("Cache-Control", "no-store").redirect(statusUrl, 301);
}

/** The same answer for every invalid receipt, whatever is wrong with it. */
export function unknownReceipt(): TurnoutError {
  return new TurnoutError("TURNOUT_RECEIPT_UNKNOWN", "No registration belongs to this receipt.");
}

/** @returns the reply with an HTML page, bypassing the route's JSON serialiser */
export function sendPage(reply: FastifyReply, html: string): never {
  return reply
    .headers(attendeePageHeaders)
    .header("X-Robots-Tag", "noindex")
    .type("text/html; charset=utf-8")
    .serializer((payload: string) => payload)
    .send(html) as never;
}
