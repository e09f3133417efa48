/**
 * The web tier's application in one phase of an event, with nothing behind it: what is registered is forgotten, and what
 * became of it is written in the receipt's address. The clock is set so that the phase is the one that is wanted.
 */
import type { FastifyInstance } from "fastify";
import type { Language } from "../shared/page/language.ts";
import { createRegistry } from "../shared/process/metrics.ts";
import { openLog } from "../shared/process/logger.ts";
import { eventPhase, type EventDefinition, type EventPhase } from "../shared/registration/event-definition.ts";
import type { Logo } from "../shared/registration/logo.ts";
import { createReceipts, parseReceiptKeys, type ReceiptContent } from "../shared/registration/receipts.ts";
import { registrationId } from "../shared/registration/registration-id.ts";
import { buildApp } from "../web/app.ts";
import { createGroupCommit } from "../web/queue/group-commit.ts";
import { registrationStatuses, type RegistrationStatus } from "../web/status/registration-status.ts";
import { sampleContent } from "./sample-answers.ts";

const hourMs = 3_600_000;
/** Before it opens there is something to count down. */
const aheadMs = 49 * hourMs;
/** Until what was registered in the preview is confirmed. */
const settlingMs = 5_000;

/** Of the preview alone: its receipts open nowhere else. */
const receipts = createReceipts(parseReceiptKeys(`preview:${Buffer.alloc(32).toString("base64")}`));
const sampleHost = "@preview.invalid";

export interface PreviewApp {
  readonly app: FastifyInstance;
  /**
   * @param isMailed whether it shows what is stored, as links from mails do
   * @param language of the registration
   * @returns the path of a status page
   */
  statusPath(status: RegistrationStatus, isMailed: boolean, language: Language): string;
}

/** A path of its own for what only a form that was posted shows. */
export const errorsPath = "/preview/errors";

/** @returns milliseconds by which the clock is set: none where the event is in that phase anyway */
function shiftTo(phase: EventPhase, event: EventDefinition, now: number): number {
  if (eventPhase(event, now) === phase) return 0;
  const [opens, closes] = [Date.parse(event.opensAt), Date.parse(event.closesAt)];
  const wanted = {
    before: opens - aheadMs,
    open: Math.min(opens + hourMs, (opens + closes) / 2),
    closed: closes + hourMs,
  };
  return Math.round(wanted[phase]) - now;
}

export interface PreviewedEvent {
  readonly event: EventDefinition;
  readonly logo: Logo | undefined;
}

/** @param realClock milliseconds since the epoch */
export async function buildPreviewApp(
  { event, logo }: PreviewedEvent,
  phase: EventPhase,
  realClock: () => number,
): Promise<PreviewApp> {
  const shiftMs = shiftTo(phase, event, realClock());
  const wallClock = () => realClock() + shiftMs;
  const now = () => performance.now();

  function statusOf({ email, submittedAt }: ReceiptContent): RegistrationStatus {
    const sample = registrationStatuses.find((status) => email === `${status}${sampleHost}`);
    return sample ?? (wallClock() - Date.parse(submittedAt) < settlingMs ? "pending" : "confirmed");
  }

  const app = await buildApp({
    event,
    logo,
    groupCommit: createGroupCommit({
      send: () => Promise.resolve(),
      maxSendsInFlight: 1,
      maxWaiting: 100,
      maxWaitMs: 5_000,
      now,
    }),
    receipts,
    statuses: {
      async read(receipt) {
        const status = statusOf(receipt);
        const isShown = receipt.mailbox === true && status === "confirmed";
        return { status, ...(isShown && { content: sampleContent(event) }) };
      },
    },
    readiness: { check: async () => true },
    registry: createRegistry("web"),
    logger: openLog("preview", "silent").logger,
    backlog: { estimatedWaitSeconds: () => 20, read: async () => undefined },
    limits: {
      shedWaitMs: 5_000,
      maxStatusReads: 1_000,
      maxEventLoopDelayMs: 60_000,
      rateLimitPerMinute: 0,
      requestTimeoutMs: 10_000,
      trustedProxies: [],
    },
    wallClock,
    now,
    random: Math.random,
    sendMailPack: () => Promise.resolve(),
  });
  // The page counts by the server's clock, and would open by itself.
  app.addHook("onSend", async (_request, reply) => {
    reply.header("date", new Date(wallClock()).toUTCString());
  });
  app.get(errorsPath, { schema: { hide: true }, config: { unlisted: true } }, async ({ headers, url }, reply) => {
    const {
      statusCode,
      body,
      headers: sent,
    } = await app.inject({
      method: "POST",
      url: `/registrations${new URL(url, "http://preview.invalid").search}`,
      headers: {
        accept: "text/html",
        "accept-language": headers["accept-language"] ?? "",
        "content-type": "application/x-www-form-urlencoded",
      },
      payload: "email=ada%40example",
    });
    const { "content-type": type = "text/html", "content-security-policy": policy = "" } = sent;
    return reply.code(statusCode).type(type).header("content-security-policy", policy).send(body);
  });

  return {
    app,
    statusPath(status, isMailed, language) {
      const email = `${status}${sampleHost}`;
      const submittedAt = new Date(wallClock()).toISOString();
      const content = { email, registrationId: registrationId("preview", email), submittedAt, language };
      return `/registrations/${receipts.seal(isMailed ? { ...content, mailbox: true } : content)}`;
    },
  };
}
