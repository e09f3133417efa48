/**
 * The web tier as a Fastify plugin tree, for `listen` or `inject`. It owns no resources: queue, table, clock and log
 * are passed in and closed by whoever made them.
 */
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { acceptFormBodies } from "../shared/registration/form-body.ts";
import { createHttpConnections, type HttpConnections } from "../shared/http/http-connections.ts";
import type { Logger } from "../shared/process/logger.ts";
import type { Registry } from "../shared/process/metrics.ts";
import { largestBodyBytes } from "../shared/registration/registration-size.ts";
import type { GroupCommit } from "./queue/group-commit.ts";
import { createClientErrorHandler } from "./http/client-error.ts";
import { createConnectionLimit } from "./http/connection-limit.ts";
import { registerConnectionMetrics } from "./http/connection-metrics.ts";
import { watchEventLoop, type EventLoop } from "./http/event-loop.ts";
import { createHttpServer } from "./http/http-server.ts";
import type { EstimatedWait } from "./status/estimated-wait.ts";
import { acceptJsonBodies } from "./http/json-body.ts";
import { watchPaths } from "./http/known-paths.ts";
import { createLoadShedder, type Load } from "./queue/load-shedding.ts";
import { isStatusAddress, meantStatusUrl } from "./status/meant-receipt.ts";
import { createWebMetrics } from "./metrics.ts";
import { linkOperations, routeDocumentation } from "./openapi.ts";
import { describeErrors } from "./page/validation-messages.ts";
import { chooseLanguage } from "./page/language.ts";
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
import type { Receipts } from "./status/receipts.ts";
import { createRejections } from "./queue/rejections.ts";
import { pathOfRequestLine, rejectSecondHost } from "./http/request-target.ts";
import type { StatusReader } from "./status/registration-status.ts";
import { createStatusLoad } from "./status/status-load.ts";
import { healthRoutes } from "./routes/health.ts";
import { pageRoutes } from "./routes/pages.ts";
import { registrationRoutes, sendPage, sendToStatus, unknownReceipt } from "./routes/registrations.ts";
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
  readonly backlog: EstimatedWait;
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
  /** The server's connections, for whoever closes them. Default: its own. */
  readonly connections?: HttpConnections;
  /** The event loop monitor. Default: its own, closed with the app. */
  readonly eventLoop?: EventLoop;
}

/** Most events need less; leaves room for JSON with whitespace. */
const minBodyLimitBytes = 16_384;
/** Node's own limit of a request head, so that a receipt of any length gets the same answer. */
const maxPathBytes = 16_384;
/** Above the idle timeouts of the load balancer (60 s) and nginx (65 s), so that they close first. */
const keepAliveTimeoutMs = 75_000;
/** Clients counted by the rate limit; the least recently seen are forgotten first. */
const clientsRemembered = 20_000;

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
  const { publicUrl, securityContact } = parts;
  const pages = createPages(event, publicUrl);
  const metrics = createWebMetrics(registry, groupCommit.figures);
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
      createHttpServer(handler, { connections, connectionLimit, requestTimeoutMs, keepAliveTimeoutMs, onRejected }),
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
    trustProxy: limits.trustedProxies.length > 0 ? [...limits.trustedProxies] : false,
    routerOptions: { maxParamLength: maxPathBytes },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(exactValidator);
  const knownPaths = watchPaths(app);
  app.removeContentTypeParser("text/plain");
  acceptJsonBodies(app);
  acceptFormBodies(app);
  app.addHook("onClose", async () => eventLoop.close());
  if (limits.rateLimitPerMinute > 0) {
    const { isExempt } = limits;
    await app.register(rateLimit, {
      global: false,
      ...(isExempt && { allowList: ({ ip }: FastifyRequest) => isExempt(ip) }),
      cache: clientsRemembered,
      addHeadersOnExceeding: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
      errorResponseBuilder: ({ method }) => {
        const again = method === "POST" ? "send the same again" : "try again";
        return new TurnoutError("TURNOUT_RATE_LIMITED", `Please wait a moment and ${again}.`);
      },
    });
  }
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: `Turnout: ${event.name}`, description: event.description, version: "1" },
      ...(publicUrl !== undefined && { servers: [{ url: publicUrl }] }),
    },
    transform: routeDocumentation(event),
    transformObject: linkOperations,
  });

  function localizedError(error: unknown, request: FastifyRequest): unknown {
    const { validation } = error as { validation?: Parameters<typeof describeErrors>[0] };
    if (!validation) return error;
    const language = chooseLanguage(request.headers["accept-language"]);
    const validationErrors = describeErrors(validation, event, language, request.body);
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
    const language = chooseLanguage(request.headers["accept-language"]);
    if (request.method === "GET" && isStatusAddress(request.url) && reply.hasHeader("Retry-After")) {
      // The page retries by itself, as the status page does.
      reply.header("Refresh", reply.getHeader("Retry-After"));
      return sendPage(reply, pages.statusLater(language, problem));
    }
    const isFormPost = request.method === "POST" && request.body !== undefined;
    if (isFormPost && problem.status === 400 && problem.errors) {
      return sendPage(reply, pages.eventAgain(language, { values: request.body, validationErrors: problem.errors }));
    }
    if (isFormPost && problem.status === 503) {
      return sendPage(
        reply,
        pages.eventAgain(language, { values: request.body, validationErrors: [], notice: "busy" }),
      );
    }
    return sendPage(reply, pages.problem(language, problem));
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
  const statusLoad = createStatusLoad(limits.maxStatusReads, now);
  await app.register(pageRoutes, { pages, event, now: wallClock });
  await app.register(siteFiles, { pages, publicUrl, securityContact, now: wallClock });
  await app.register(registrationRoutes, {
    event,
    groupCommit,
    receipts,
    statuses: { read: (receipt) => statusLoad.track(() => statuses.read(receipt)) },
    pages,
    metrics,
    publicUrl,
    shedder: createLoadShedder({
      ...shedding,
      load: () => loadOf(groupCommit),
      maxLoopDelayMs: limits.maxEventLoopDelayMs,
    }),
    statusShedder: createLoadShedder({
      ...shedding,
      load: statusLoad.load,
      // Status requests are shed before registrations: new registrations take precedence.
      maxLoopDelayMs: limits.maxEventLoopDelayMs / 2,
    }),
    rejections,
    backlog: parts.backlog,
    rateLimitPerMinute: limits.rateLimitPerMinute,
    wallClock,
    now,
    random,
  });
  await app.register(healthRoutes, { readiness, registry });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  return app;
}
