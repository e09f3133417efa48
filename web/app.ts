/**
 * The web tier as a plugin tree, ready for `listen` or `inject`. It starts nothing and owns nothing: queue, table, clock
 * and log are handed in, and closed by whoever made them (`main.ts`, or a test).
 */
import formbody from "@fastify/formbody";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError } from "../shared/errors.ts";
import type { EventDefinition } from "../shared/event-definition.ts";
import type { Logger } from "../shared/logger.ts";
import type { Registry } from "../shared/metrics.ts";
import type { GroupCommit } from "./group-commit.ts";
import { createWebMetrics } from "./metrics.ts";
import { describeFaults } from "./page/fault-messages.ts";
import { chooseLanguage } from "./page/language.ts";
import { createPages } from "./page/pages.ts";
import { prepareProblemReply, sendProblem, toProblem, wantsPage } from "./problem.ts";
import type { Readiness } from "./readiness.ts";
import type { Receipts } from "./receipts.ts";
import type { StatusReader } from "./registration-status.ts";
import { healthRoutes } from "./routes/health.ts";
import { pageRoutes } from "./routes/pages.ts";
import { registrationRoutes, sendPage, unknownReceipt } from "./routes/registrations.ts";

export interface AppParts {
  readonly event: EventDefinition;
  readonly groupCommit: GroupCommit;
  readonly receipts: Receipts;
  readonly statuses: StatusReader;
  readonly readiness: Readiness;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Serve a documentation page of the API at /docs; its package is there on a developer's machine only. */
  readonly apiDocs: boolean;
}

const maxBodyBytes = 16_384;
/** As much as Node takes in a request's head: a receipt of any length gets the same answer. */
const maxPathBytes = 16_384;
/** Above the idle time-out of the balancer (60 s) and of nginx (65 s), so that it is never we who hang up first. */
const keepAliveTimeoutMs = 75_000;
const requestTimeoutMs = 15_000;
const handlerTimeoutMs = 30_000;

/** Validates exactly what was sent: no coercion, no removal, no defaults. */
function exactValidator({ schema }: { schema: unknown }) {
  const compiled = Compile(schema as TSchema);
  return (value: unknown) => (compiled.Check(value) ? { value } : { error: compiled.Errors(value) as never });
}

export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { event, groupCommit, receipts, statuses, readiness, registry, logger, wallClock } = parts;
  const pages = createPages(event);
  const metrics = createWebMetrics(registry, groupCommit.figures);
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // A child logger for each request costs more than the request's own work, and nothing is logged per request.
    childLoggerFactory: (base) => base,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: keepAliveTimeoutMs,
    handlerTimeout: handlerTimeoutMs,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: maxPathBytes },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(exactValidator);
  app.removeContentTypeParser("text/plain");
  await app.register(formbody, { bodyLimit: maxBodyBytes });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: `Turnout: ${event.name}`, description: event.description, version: "1" },
    },
  });

  function localizedError(error: unknown, request: FastifyRequest): unknown {
    const { validation } = error as { validation?: Parameters<typeof describeFaults>[0] };
    if (!validation) return error;
    const faults = describeFaults(validation, event, chooseLanguage(request.headers["accept-language"]));
    return new TurnoutError("TURNOUT_REGISTRATION_INVALID", "Please correct what is listed under errors.", { faults });
  }

  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(localizedError(error, request));
    metrics.refused.labels(problem.code).inc();
    if (problem.status === 500) logger.error({ err: error, code: problem.code }, "a request failed");
    if (!wantsPage(request)) return sendProblem(reply, problem);
    prepareProblemReply(reply, problem);
    const language = chooseLanguage(request.headers["accept-language"]);
    const isFormPost = request.method === "POST" && request.body !== undefined;
    if (isFormPost && problem.status === 400 && problem.errors) {
      return sendPage(reply, pages.eventAgain(language, { values: request.body, faults: problem.errors }));
    }
    if (isFormPost && problem.status === 503) {
      return sendPage(reply, pages.eventAgain(language, { values: request.body, faults: [], notice: "busy" }));
    }
    return sendPage(reply, pages.problem(language, problem));
  });

  app.setNotFoundHandler((request) => {
    // A receipt too long for the router is as unknown as any other.
    if (request.url.startsWith("/registrations/")) throw unknownReceipt();
    throw new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.");
  });

  await app.register(pageRoutes, { pages, event, now: wallClock });
  await app.register(registrationRoutes, { event, groupCommit, receipts, statuses, pages, metrics, wallClock });
  await app.register(healthRoutes, { readiness, registry });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  if (parts.apiDocs) {
    const { default: reference } = await import("@scalar/fastify-api-reference");
    await app.register(reference, { routePrefix: "/docs", configuration: { url: "/openapi.json" } });
  }
  return app;
}
