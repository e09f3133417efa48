/** The registrations resource: `POST /registrations` accepts one, `GET /registrations/<receipt>` tells its status. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { isoTime } from "../../shared/process/iso-time.ts";
import { createConsentRecords } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { pollAfterSeconds } from "../../shared/registration/poll-pace.ts";
import { encodeRegistration, packVersions } from "../../shared/registration/registration-pack.ts";
import { normalizeSubmission, submissionSchema, type Submission } from "../../shared/registration/submission-schema.ts";
import type { GroupCommit } from "../queue/group-commit.ts";
import type { RequestTraces } from "../http/request-traces.ts";
import type { WebMetrics } from "../metrics.ts";
import { submissionFromForm } from "../page/form-submission.ts";
import type { LanguageChoice } from "../page/language.ts";
import type { ChangeNotice, Pages } from "../page/pages.ts";
import { wantsPage } from "../http/problem.ts";
import { formType } from "../../shared/registration/form-body.ts";
import { meantStatusUrl } from "../status/meant-receipt.ts";
import type { RecentBacklog } from "../status/recent-backlog.ts";
import type { ReceiptContent, Receipts } from "../../shared/registration/receipts.ts";
import { referenceOf, referencePattern } from "../../shared/registration/reference.ts";
import { registrationId } from "../../shared/registration/registration-id.ts";
import { registrationStatuses, type StatusReader } from "../status/registration-status.ts";
import { looksPerRegistration, type Admission } from "./admission.ts";
import type { Pause } from "./pause.ts";
import {
  Accepted,
  isForm,
  sendAccepted,
  sendOn,
  sendPage,
  sendToStatus,
  statusUrlOf,
  unknownReceipt,
} from "./replies.ts";

export interface RegistrationRoutesOptions {
  readonly event: EventDefinition;
  readonly groupCommit: GroupCommit;
  readonly receipts: Receipts;
  readonly statuses: StatusReader;
  readonly pages: Pages;
  readonly language: LanguageChoice;
  readonly metrics: WebMetrics;
  /** Default: nothing is traced. */
  readonly traces?: RequestTraces | undefined;
  readonly admission: Admission;
  readonly pause: Pause;
  readonly backlog: Pick<RecentBacklog, "estimatedWaitSeconds">;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** As in `page/assets/status.js`. */
const toldUnknownAfterMs = 10_000;
/**
 * Only for the status route: the framework's timeout costs as much as validation, receipt and packing together (Node
 * creates an error with a stack per request). Accepting is bounded without it, by the longest buffer wait and the send
 * timeouts.
 */
const statusTimeoutMs = 30_000;

const Status = Type.Object({
  status: Type.Enum([...registrationStatuses], {
    description:
      "pending until it is settled; confirmed: the address is registered; needs-attention: kept, an organiser will decide; " +
      "declined: an organiser gave up on it; withdrawn: by the attendee. Final states do not change, except that an " +
      "organiser can settle what needs attention.",
  }),
  submittedAt: Type.String({ description: "ISO 8601, UTC" }),
  reference: Type.String({
    pattern: referencePattern,
    description: "short name of this registration, to be quoted at the entrance",
  }),
  retryAfterSeconds: Type.Optional(
    Type.Integer({ description: "only while pending: when to poll again, best after GET /progress" }),
  ),
  estimatedWaitSeconds: Type.Optional(Type.Integer({ description: "only while pending and if it can be told" })),
});

/** How long the status says that a change was received: longer than it takes, but for a long backlog. */
const noticeMs = 10 * 60_000;

export const registrationRoutes: FastifyPluginAsyncTypebox<RegistrationRoutesOptions> = async (app, options) => {
  const { event, groupCommit, receipts, statuses, pages, language, metrics, traces, admission, pause } = options;
  const { backlog, wallClock, now, random } = options;
  const consents = createConsentRecords(event);

  /** Before the body is read: shed requests should not be parsed. */
  function admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    admission.rejectOutsideOpening();
    if (isForm(request)) admission.rejectForeign(request);
    else if (pause.answers(request, reply)) return;
    if (!admission.isShed(request, reply)) done();
  }

  function normalize(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (isForm(request)) request.body = submissionFromForm(request.body as Record<string, unknown>, event);
    normalizeSubmission(request.body, event);
    // After the body was read: the page comes again with all that was entered.
    if (isForm(request)) pause.reject(reply);
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
      onRequest: traces ? [traces.begin, admit] : admit,
      ...(traces && { onResponse: traces.end }),
      config: {
        ...admission.limited(1),
        showAgain: (request, given) => pages.eventAgain(language.of(request), given),
      },
      preValidation: normalize,
    },
    async (request, reply) => {
      const { email, name, answers: given = {} } = request.body as Submission;
      const inLanguage = language.property(request);
      const answers = consents.keep(given, inLanguage.language);
      const key = request.headers["idempotency-key"];
      const id = registrationId(typeof key === "string" ? key : undefined, email);
      const submittedAt = isoTime(wallClock());
      const span = traces?.of(request);
      span?.set({ "turnout.registration.id": id });
      const startedAt = now();
      const encoded = encodeRegistration({ id, email, name, answers, submittedAt, ...inLanguage });
      const seal = () => receipts.seal({ email, registrationId: id, submittedAt, ...language.inReceipt(inLanguage) });
      let sealed: string | undefined;
      await groupCommit.submit(encoded, packVersions.registrations, span, () => {
        sealed = seal();
      });
      metrics.acceptSeconds.observe((now() - startedAt) / 1_000);
      const receipt = sealed ?? seal();
      return isForm(request) ? sendOn(reply, statusUrlOf(receipt)) : sendAccepted(reply, receipt);
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
      onRequest: admission.statusRead,
      config: admission.limited(looksPerRegistration),
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
      const known = await statuses.read(content);
      if (known === undefined) throw unknownReceipt();
      const { status } = known;
      const { submittedAt } = content;
      const reference = referenceOf(content.registrationId);
      const view =
        status === "pending" ? { ...pendingView(submittedAt), reference } : { status, submittedAt, reference };
      reply.header("Cache-Control", "no-store").header("Vary", "Accept, Accept-Language");
      if ("retryAfterSeconds" in view) reply.header("Retry-After", view.retryAfterSeconds);
      if (!wantsPage(request)) return view;
      const page = {
        ...view,
        content: known.content,
        notice: noticeOf(content, request.query),
        waitUnknown: status === "pending" && hasWaited(submittedAt),
        isOpen: admission.isOpen(),
      };
      return sendPage(reply, pages.status(language.of(request), page, statusUrlOf(receipt)));
    },
  );

  /**
   * From the receipt alone: what is stored must not decide whether a change was received. The query only says which: the
   * receipt does not hold it.
   */
  function noticeOf({ changedAt }: ReceiptContent, query: unknown): ChangeNotice | undefined {
    if (changedAt === undefined || wallClock() - Date.parse(changedAt) > noticeMs) return undefined;
    return (query as { received?: unknown }).received === "withdrawal" ? "withdrawal" : "change";
  }

  /** After a short wait "unknown" is not shown: usually it is over in a moment. */
  function hasWaited(submittedAt: string): boolean {
    return wallClock() - Date.parse(submittedAt) > toldUnknownAfterMs;
  }

  function pendingView(submittedAt: string) {
    const estimatedWaitSeconds = backlog.estimatedWaitSeconds();
    const waitedSeconds = (wallClock() - Date.parse(submittedAt)) / 1_000;
    const retryAfterSeconds = Math.round(pollAfterSeconds(waitedSeconds, estimatedWaitSeconds ?? 0, random()));
    return {
      status: "pending" as const,
      submittedAt,
      retryAfterSeconds,
      ...(estimatedWaitSeconds !== undefined && { estimatedWaitSeconds: Math.max(1, estimatedWaitSeconds) }),
    };
  }
};
