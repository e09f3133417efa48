/**
 * The worker's HTTP side, never public: health, metrics, and the periodic tasks of `cron.yaml`. Beanstalk's daemon
 * posts an empty body as `application/json` and takes only 200 for success.
 */
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import type { Logger } from "../shared/process/logger.ts";
import type { Registry } from "../shared/process/metrics.ts";
import type { Health } from "./health.ts";

/** Must be safe to repeat: the daemon posts again when it got no answer. */
export type Task = () => Promise<unknown>;

export interface WorkerAppParts {
  readonly health: () => Health;
  readonly registry: Registry;
  readonly tasks: Readonly<Record<string, Task>>;
  readonly logger: Logger;
}

const maxBodyBytes = 16_384;
const requestTimeoutMs = 15_000;
const keepAliveTimeoutMs = 75_000;

export function buildWorkerApp({ health, registry, tasks, logger }: WorkerAppParts): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    forceCloseConnections: "idle",
  });
  // No task takes arguments: any body is read and ignored.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, _body, done) => done(null, undefined));

  app.get("/health", async (_request, reply) => {
    const state = health();
    reply.code(state.status === "ok" ? 200 : 503).header("Cache-Control", "no-store");
    return state;
  });

  app.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));

  app.post<{ Params: { name: string } }>("/tasks/:name", async (request, reply) => {
    const { name } = request.params;
    const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
    if (!task) return reply.code(404).send({ task: name, outcome: "unknown", known: Object.keys(tasks) });
    try {
      await task();
    } catch (error) {
      logger.error({ err: error, task: name }, "a task failed; the daemon will post it again");
      return reply.code(503).send({ task: name, outcome: "failed" });
    }
    return { task: name, outcome: "done" };
  });

  return app;
}
