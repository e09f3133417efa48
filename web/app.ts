/**
 * The web tier as a Fastify plugin tree, for `listen` or `inject`. It owns no resources: queue, table, clock and log
 * are passed in and closed by whoever made them.
 */
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Settings } from "typebox/system";
import { alwaysOpen, type AcceptanceWatch } from "../shared/acceptance/acceptance-watch.ts";
import { TurnoutError } from "../shared/errors.ts";
import { calendarFiles } from "../shared/registration/calendar-file.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { Logo } from "../shared/registration/logo.ts";
import { acceptFormBodies } from "../shared/registration/form-body.ts";
import { createHttpConnections, type HttpConnections } from "../shared/http/http-connections.ts";
import type { Logger } from "../shared/process/logger.ts";
import type { Tracing } from "../shared/tracing/tracing.ts";
import type { Registry } from "../shared/process/metrics.ts";
import { largestBodyBytes } from "../shared/registration/registration-size.ts";
import type { GroupCommit } from "./queue/group-commit.ts";
import { createClientErrorHandler } from "./http/client-error.ts";
import { createClientAddresses } from "./http/client-address.ts";
import { createConnectionLimit } from "./http/connection-limit.ts";
import { registerConnectionMetrics } from "./http/connection-metrics.ts";
import { watchEventLoop, type EventLoop } from "./http/event-loop.ts";
import type { HealthLog } from "./http/health-log.ts";
import { createHttpServer } from "./http/http-server.ts";
import { createRequestTraces } from "./http/request-traces.ts";
import type { RecentBacklog } from "./status/recent-backlog.ts";
import { acceptJsonBodies } from "./http/json-body.ts";
import { watchPaths } from "./http/known-paths.ts";
import { createCallLoad } from "./queue/call-load.ts";
import { createLoadShedder, type Load } from "./queue/load-shedding.ts";
import { isStatusAddress, meantStatusUrl } from "./status/meant-receipt.ts";
import { createWebMetrics, registerAcceptanceMetrics } from "./metrics.ts";
import { collectApiDocuments } from "./api-documents.ts";
import { describeErrors } from "./page/validation-messages.ts";
import { createLanguageChoice } from "./page/language.ts";
import { createPages } from "./page/pages.ts";
import {
  methodNotAllowed,
  prepareProblemReply,
  sendProblem,
  toProblem,
  wantsPage,
  type Problem,
} from "./http/problem.ts";
import type { Readiness } from "./readiness.ts";
import type { Receipts } from "../shared/registration/receipts.ts";
import { createRejections } from "./queue/rejections.ts";
import { applyRateLimits } from "./http/rate-limit.ts";
import { pathOfRequestLine, rejectSecondHost } from "./http/request-target.ts";
import type { StatusReader } from "./status/registration-status.ts";
import { createAdmission } from "./routes/admission.ts";
import { changeRoutes } from "./routes/changes.ts";
import { healthRoutes } from "./routes/health.ts";
import { linkRoutes } from "./routes/links.ts";
import { createPause } from "./routes/pause.ts";
import { pageRoutes } from "./routes/pages.ts";
import { progressRoute } from "./routes/progress.ts";
import { registrationRoutes } from "./routes/registrations.ts";
import { sendPage, sendToStatus, unknownReceipt } from "./routes/replies.ts";
import { siteFiles } from "./routes/site-files.ts";

export interface AppLimits {
  /** Wait of the oldest buffered registration above which registrations are shed. */
  readonly shedWaitMs: number;
  /** Concurrent status reads above which status requests are shed. */
  readonly maxStatusReads: number;
  /** Mean event loop delay above which a share of the registrations is shed, growing with the delay. */
  readonly maxEventLoopDelayMs: number;
  /** Registrations per client and minute; status requests in proportion. 0 for no limit. */
  readonly rateLimitPerMinute: number;
  /** Whether the rate limit leaves an address alone. Default: it leaves none. */
  readonly isExempt?: ((ip: string) => boolean) | undefined;
  /** Time a client may take to send a request, head and body. */
  readonly requestTimeoutMs: number;
  /** Addresses or CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Connections above which requests are not served. Default: no limit. */
  readonly maxConnections?: number;
}

export interface AppParts {
  readonly event: EventDefinition;
  readonly groupCommit: GroupCommit;
  readonly receipts: Receipts;
  readonly statuses: StatusReader;
  readonly readiness: Readiness;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  readonly backlog: RecentBacklog;
  /** Whether registrations are accepted, and what the pages say. Default: they are, and nothing. */
  readonly acceptance?: Pick<AcceptanceWatch, "isPaused" | "latest" | "ageSeconds">;
  readonly limits: AppLimits;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** The site's public origin, such as `https://summit.example.org`. Default: unknown. */
  readonly publicUrl?: string | undefined;
  /** Contact for `security.txt`, a `mailto:` or `https:` URI. Default: none. */
  readonly securityContact?: string | undefined;
  /** The event's logo. Default: none. */
  readonly logo?: Logo | undefined;
  /** Puts a mail pack of one request on the mail queue; resolves when it is there. Default: nothing is mailed. */
  readonly sendMailPack?: ((body: string) => Promise<void>) | undefined;
  /** The server's connections, for whoever closes them. Default: its own. */
  readonly connections?: HttpConnections;
  /** Counts each response; started and stopped by whoever made it. Default: nothing is counted. */
  readonly healthLog?: Pick<HealthLog, "Response"> | undefined;
  /** The event loop monitor. Default: its own, closed with the app. */
  readonly eventLoop?: EventLoop;
}

/** Most events need less; leaves room for JSON with whitespace. */
const minBodyLimitBytes = 16_384;
/** Node's own limit of a request head, so that a receipt of any length gets the same answer. */
const maxPathBytes = 16_384;
/** Above the load balancer's idle timeout (60 s), so that it closes first: a request must not meet a closed connection. */
const idleTimeoutMs = 75_000;
/** Requests for a link by mail that may be under way to the mail queue: few are expected, and none is urgent. */
const maxLinkRequests = 16;

/** TypeBox stops at 8 unless told otherwise, but each field of a form may be wrong, some in two ways. */
const maxErrors = 64;

/** Validates what was sent: no coercion, removal or defaults. */
function exactValidator({ schema }: { schema: unknown }) {
  const compiled = Compile(schema as TSchema);
  return (value: unknown) => (compiled.Check(value) ? { value } : { error: compiled.Errors(value) as never });
}

/** The send buffer, as the load shedder sees it. */
function loadOf({ figures, hasRoom }: GroupCommit): Load {
  const { confirmed, waiting, oldestWaitMs, sendsInFlight, failingMs, latestSendMs } = figures();
  const calls = { callsInFlight: sendsInFlight, failingMs, latestCallMs: latestSendMs };
  return { served: confirmed, waiting, hasRoom: hasRoom(), oldestWaitMs, ...calls };
}

export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { event, groupCommit, receipts, statuses, readiness, registry, logger, wallClock, now, random, limits } = parts;
  const { publicUrl, securityContact, sendMailPack, acceptance = alwaysOpen } = parts;
  const pages = createPages(event, { publicUrl, mailsLinks: sendMailPack !== undefined, logo: parts.logo, acceptance });
  const language = createLanguageChoice(event, receipts);
  const metrics = createWebMetrics(registry, groupCommit.figures);
  registerAcceptanceMetrics(registry, acceptance);
  const rejections = createRejections(metrics, logger, now);
  const { connections = createHttpConnections(), eventLoop = watchEventLoop() } = parts;
  const { maxConnections = Infinity, requestTimeoutMs } = limits;
  const onRejected = rejections.count;
  const connectionLimit = createConnectionLimit({
    connections,
    limit: maxConnections,
    onRejected: () => onRejected("TURNOUT_OVERLOADED", "connections"),
    now,
  });
  registerConnectionMetrics(registry, connectionLimit.figures);
  const app = Fastify({
    // Request logging would cost a child logger and listeners per request. Errors are logged by the error handler.
    logger: false,
    bodyLimit: Math.max(minBodyLimitBytes, largestBodyBytes(event)),
    serverFactory: (handler) =>
      createHttpServer(handler, {
        connections,
        connectionLimit,
        requestTimeoutMs,
        idleTimeoutMs,
        onRejected,
        Response: parts.healthLog?.Response,
      }),
    clientErrorHandler: createClientErrorHandler(connections),
    // Errors before routing, such as an undecodable URL.
    frameworkErrors: (error, request, reply) => {
      const meant = meantStatusUrl(request.url, receipts);
      if (meant !== undefined) {
        sendToStatus(reply, meant);
        return;
      }
      const problem = toProblem(isStatusAddress(request.url) ? unknownReceipt() : error);
      rejections.count(problem.code);
      sendProblem(reply, problem);
    },
    rewriteUrl: pathOfRequestLine,
    forceCloseConnections: "idle",
    // During a stop, requests on open connections are still accepted; the connection closes with the answer.
    return503OnClosing: false,
    routerOptions: { maxParamLength: maxPathBytes },
  }).withTypeProvider<TypeBoxTypeProvider>();

  Settings.Set({ maxErrors });
  app.setValidatorCompiler(exactValidator);
  const knownPaths = watchPaths(app);
  app.removeContentTypeParser("text/plain");
  acceptJsonBodies(app);
  acceptFormBodies(app);
  app.addHook("onClose", async () => eventLoop.close());
  const addresses = createClientAddresses(limits.trustedProxies);
  applyRateLimits(app, addresses.of, limits.isExempt);
  const serveApiDocuments = await collectApiDocuments(app, { event, language, publicUrl });

  function localizedError(error: unknown, request: FastifyRequest): unknown {
    const { validation } = error as { validation?: Parameters<typeof describeErrors>[0] };
    if (!validation) return error;
    const validationErrors = describeErrors(validation, event, language.of(request), request.body);
    return new TurnoutError("TURNOUT_REGISTRATION_INVALID", "Please correct what is listed under errors.", {
      validationErrors,
    });
  }

  /** Machine-readable opening times for whoever came too early or too late. */
  function withTimes(problem: Problem): Problem {
    const outside = problem.code === "TURNOUT_NOT_OPEN_YET" || problem.code === "TURNOUT_CLOSED";
    return outside ? { ...problem, opensAt: event.opensAt, closesAt: event.closesAt } : problem;
  }

  app.setErrorHandler((error, request, reply) => {
    const problem = withTimes(toProblem(localizedError(error, request)));
    rejections.count(problem.code);
    if (problem.status === 500) logger.error({ err: error, code: problem.code }, "a request failed");
    if (!wantsPage(request)) return sendProblem(reply, problem);
    prepareProblemReply(reply, problem);
    if (request.method === "GET" && isStatusAddress(request.url) && reply.hasHeader("Retry-After")) {
      // The page retries by itself, as the status page does.
      reply.header("Refresh", reply.getHeader("Retry-After"));
      return sendPage(reply, pages.statusLater(language.of(request), problem));
    }
    const { showAgain } = request.routeOptions.config;
    if (showAgain && request.body !== undefined && (problem.errors || problem.status === 503)) {
      const { errors: validationErrors = [] } = problem;
      const busy = problem.status === 503 ? ("busy" as const) : undefined;
      const notice = problem.code === "TURNOUT_PAUSED" ? ("paused" as const) : busy;
      return sendPage(reply, showAgain(request, { values: request.body, validationErrors, notice }));
    }
    return sendPage(reply, pages.problem(language.of(request), problem));
  });

  /** No route here: another path, other methods, or nothing. */
  function answerUnrouted(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const reads = request.method === "GET" || request.method === "HEAD";
    const meant = reads ? meantStatusUrl(request.url, receipts) : undefined;
    if (meant !== undefined) return sendToStatus(reply, meant);
    const methods = knownPaths.methodsAt(request.url);
    if (methods.length > 0 && !methods.includes(request.method)) throw methodNotAllowed(reply, methods);
    if (isStatusAddress(request.url)) throw unknownReceipt();
    throw new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.");
  }
  app.setNotFoundHandler(answerUnrouted);
  app.addHook("onRequest", (request, reply, done) => {
    rejectSecondHost(request);
    // Before the body is read, whose errors do not matter here.
    if (request.is404) answerUnrouted(request, reply);
    else done();
  });

  const shedding = { loopDelayMs: eventLoop.delayMs, maxWaitMs: limits.shedWaitMs, now, random };
  const statusLoad = createCallLoad(limits.maxStatusReads, now);
  // Shed before registrations: new registrations take precedence.
  const isLater = { ...shedding, maxLoopDelayMs: limits.maxEventLoopDelayMs / 2 };
  const admission = createAdmission({
    event,
    shedder: createLoadShedder({
      ...shedding,
      load: () => loadOf(groupCommit),
      maxLoopDelayMs: limits.maxEventLoopDelayMs,
    }),
    statusShedder: createLoadShedder({ ...isLater, load: statusLoad.load }),
    rejections,
    rateLimitPerMinute: limits.rateLimitPerMinute,
    publicUrl,
    wallClock,
    now,
  });
  const pause = createPause({ acceptance, event, language, rejections, wallClock });
  const registrations = {
    event,
    groupCommit,
    receipts,
    statuses: { read: (receipt) => statusLoad.track(() => statuses.read(receipt)) } satisfies StatusReader,
    pages,
    language,
    admission,
    wallClock,
  };
  await app.register(pageRoutes, { pages, event, language, now: wallClock });
  await app.register(siteFiles, {
    pages,
    publicUrl,
    securityContact,
    calendars: calendarFiles(event, publicUrl),
    language,
    now: wallClock,
  });
  const traces = parts.tracing && createRequestTraces(parts.tracing);
  const posted = { ...registrations, pause, metrics, traces, backlog: parts.backlog, now, random };
  await app.register(registrationRoutes, posted);
  await app.register(progressRoute, { backlog: parts.backlog });
  await app.register(changeRoutes, registrations);
  if (sendMailPack) {
    const load = createCallLoad(maxLinkRequests, now);
    const shedder = createLoadShedder({ ...isLater, load: load.load });
    await app.register(linkRoutes, { sendMailPack, load, shedder, pages, event, language, admission });
  }
  await app.register(healthRoutes, { readiness, registry, acceptance, isProxy: addresses.isTrusted });
  serveApiDocuments();
  return app;
}
