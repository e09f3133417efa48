/**
 * The web tier as a plugin tree, ready for `listen` or `inject`. It starts nothing and owns nothing: queue, table, clock
 * and log are handed in, and closed by whoever made them (`main.ts`, or a test).
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
  /** Wait of the first in line for the queue above which registrations are shed. */
  readonly shedWaitMs: number;
  /** Status reads under way above which further looks are shed. */
  readonly maxStatusReads: number;
  /** Mean delay of the event loop above which a share of the registrations is shed, the larger the later it is. */
  readonly maxEventLoopDelayMs: number;
  /** Registrations that one client may send in a minute, and looks at a status in proportion; 0 for no limit. */
  readonly rateLimitPerMinute: number;
  /** How long a client may take to send a request, head and body. */
  readonly requestTimeoutMs: number;
  /** Addresses or CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Connections above which there is no service. Default: no limit. */
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
  /** Where the site is for everybody, such as `https://summit.example.org`, without a path. Default: not known. */
  readonly publicUrl?: string | undefined;
  /** Of `security.txt`, a `mailto:` or `https:` URI. Default: there is none. */
  readonly securityContact?: string | undefined;
  /** Of its server, for whoever closes them. Default: its own. */
  readonly connections?: HttpConnections;
  /** The loop it runs on. Default: one of its own, closed with it. */
  readonly eventLoop?: EventLoop;
}

/** Most events need less. Room for programs that write JSON with blanks. */
const minBodyLimitBytes = 16_384;
/** As much as Node takes in a request's head: a receipt of any length gets the same answer. */
const maxPathBytes = 16_384;
/** Above the idle time-out of the balancer (60 s) and of nginx (65 s), so that it is never we who hang up first. */
const keepAliveTimeoutMs = 75_000;
/** Clients whose requests are counted; the longest unseen is forgotten first. */
const clientsRemembered = 20_000;

/** Validates exactly what was sent: no coercion, no removal, no defaults. */
function exactValidator({ schema }: { schema: unknown }) {
  const compiled = Compile(schema as TSchema);
  return (value: unknown) => (compiled.Check(value) ? { value } : { error: compiled.Errors(value) as never });
}

/** The line for the queue, as the load shedder sees it. */
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
    // Nothing is logged for each request, and the framework's own log would cost each of them a child logger and listeners.
    // What goes wrong passes the error handler below, which logs it.
    logger: false,
    bodyLimit: Math.max(minBodyLimitBytes, largestBodyBytes(event)),
    serverFactory: (handler) =>
      createHttpServer(handler, { connections, connectionLimit, requestTimeoutMs, keepAliveTimeoutMs, onRejected }),
    clientErrorHandler: createClientErrorHandler(connections),
    // What fails before there is a route, such as an address that cannot be decoded.
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
    // What comes in on an open connection during a stop is still taken, and the connection closed with the answer.
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
    await app.register(rateLimit, {
      global: false,
      cache: clientsRemembered,
      addHeadersOnExceeding: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
      errorResponseBuilder: ({ method }) => {
        const again = method === "POST" ? "send the same again" : "look again";
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

  /** Whoever came too early or too late is told when, in a form that a program can read. */
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
      // The page looks again by itself, as the status page does.
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

  /** Where no route is: somewhere else, for other methods, or nothing at all. */
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
    // Before a body is read: what is wrong with it does not matter here.
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
      // Earlier than registrations: whoever is not yet registered comes before those who look again.
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
