/**
 * The console as a plugin tree, ready for `listen` or `inject`. It starts and ends nothing: connection, watch and replays
 * belong to the caller.
 */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { TurnoutError, type ErrorCode } from "../shared/errors.ts";
import { acceptFormBodies } from "../shared/registration/form-body.ts";
import { explain } from "../terminal/exit.ts";
import type { AcceptanceService } from "./acceptance-service.ts";
import type { Assets } from "./assets.ts";
import type { DeadLetterService } from "./dead-letter-service.ts";
import type { EventStreams } from "./event-streams.ts";
import type { AccessGuard } from "./access-guard.ts";
import { consolePageHeaders } from "../shared/page/page-headers.ts";
import type { RegistrationService } from "./registration-service.ts";
import type { ReplayRuns } from "./replay-runs.ts";
import type { ManyRuns } from "./many-runs.ts";
import { acceptanceRoutes } from "./routes/acceptance.ts";
import { deadLetterListRoutes } from "./routes/dead-letter-list.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { manyRoutes } from "./routes/many.ts";
import { overviewRoutes } from "./routes/overview.ts";
import { registrationRoutes } from "./routes/registrations.ts";
import { replayRoutes } from "./routes/replays.ts";
import { systemRoutes } from "./routes/system.ts";
import { tabRoutes } from "./routes/tab.ts";
import type { SystemFacts } from "./system-facts.ts";
import type { View } from "./view.ts";
import type { Watch } from "./watch.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Posted only because no part of an address may be in a URL: it changes nothing, so a read-only console has it. */
    readonly onlyReads?: true;
  }
}

export interface ConsoleParts {
  readonly view: View;
  readonly assets: Assets;
  readonly guard: AccessGuard;
  readonly watch: Pick<Watch, "snapshot" | "history">;
  readonly streams: EventStreams;
  readonly deadLetters: DeadLetterService;
  readonly manyRuns: ManyRuns;
  readonly replays: ReplayRuns;
  readonly registrations: RegistrationService;
  readonly facts: SystemFacts;
  readonly acceptance: AcceptanceService;
  /** Refuses whatever is posted, but to routes that say that they only read. */
  readonly readOnly: boolean;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

/** Room for thirty long answers with every character percent-encoded. */
const maxBodyBytes = 1_048_576;
const requestTimeoutMs = 15_000;

/** HTTP status of an error; of all others 502 when AWS failed and 500 when we did. */
const statusByCode: Partial<Record<ErrorCode, number>> = {
  TURNOUT_ORIGIN_REFUSED: 403,
  TURNOUT_READ_ONLY: 403,
  TURNOUT_AUDIT_LOG_REFUSED: 502,
  TURNOUT_NOT_FOUND: 404,
  TURNOUT_DEAD_LETTER_UNKNOWN: 404,
  TURNOUT_DEAD_LETTER_CHANGED: 409,
  TURNOUT_REPLAY_UNKNOWN: 404,
  TURNOUT_REPLAY_RUNNING: 409,
  TURNOUT_REPLAY_CHANGED: 409,
  TURNOUT_REGISTRATION_INVALID: 400,
  TURNOUT_BODY_UNREADABLE: 400,
  TURNOUT_REQUEST_INVALID: 400,
  TURNOUT_USAGE_INVALID: 400,
};

const titles: Readonly<Record<number, string>> = {
  400: "Invalid request",
  403: "Rejected: nothing was changed",
  404: "Not found",
  409: "Changed by somebody else",
  502: "The deployment does not answer properly",
};

/** Programming errors of ours, no failure of the deployment. */
const programmingErrors = [TypeError, RangeError, SyntaxError, ReferenceError];

function statusOf(error: unknown): number {
  if (error instanceof TurnoutError) return statusByCode[error.code] ?? 500;
  const { statusCode, $metadata } = error as { statusCode?: number; $metadata?: unknown };
  if ($metadata !== undefined) return 502;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return statusCode;
  return programmingErrors.some((kind) => error instanceof kind) ? 500 : 502;
}

/** @returns the fields of a form of ours that could not be handled, to be sent again; undefined for any other request */
function sentFields({ method, body }: FastifyRequest, status: number): [name: string, value: string][] | undefined {
  if (method !== "POST" || status < 500 || typeof body !== "object" || body === null) return undefined;
  return Object.entries(body)
    .filter(([name]) => name !== "formToken")
    .flatMap(([name, value]) => [value].flat().map((text): [string, string] => [name, String(text)]));
}

function sendProblem(view: View, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const status = statusOf(error);
  const [text = "", ...rest] = explain(error).split("\n");
  const title = titles[status] ?? "That failed";
  const fields = sentFields(request, status);
  const body = view.page("problem", "none", title, { text, rest, fields, url: request.url });
  return reply.code(status).type("text/html").send(body);
}

export async function buildConsoleApp(parts: ConsoleParts): Promise<FastifyInstance> {
  const { view, assets, guard, watch, streams, deadLetters, manyRuns, replays, registrations, facts } = parts;
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
  });
  app.removeAllContentTypeParsers();
  acceptFormBodies(app);

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(consolePageHeaders);
    const admission = guard.admit(request);
    switch (admission.kind) {
      case "pass":
        if (admission.cookie) reply.header("set-cookie", admission.cookie);
        return undefined;
      case "signed-in":
        return reply.header("set-cookie", admission.cookie).redirect("/", 303);
      case "wrong-host":
        return reply.code(421).type("text/plain").send("This console only answers to 127.0.0.1 and localhost.\n");
      case "locked": {
        const body = view.page("locked", "none", "Locked", { why: admission.why });
        return reply
          .code(admission.why === "wrong-link" ? 403 : 401)
          .type("text/html")
          .send(body);
      }
    }
  });
  // Before the body is read, whatever the address: a route that is forgotten is refused.
  app.addHook("onRequest", async ({ method, routeOptions }) => {
    if (!parts.readOnly || method === "GET" || method === "HEAD" || routeOptions.config?.onlyReads === true) return;
    throw new TurnoutError(
      "TURNOUT_READ_ONLY",
      "Nothing was changed: this console was started with --read-only. To change something, start one without it.",
    );
  });
  // After the body was read, because the token that proves that the form is ours is in it.
  app.addHook("preValidation", async ({ method, body }) => {
    if (method === "GET" || method === "HEAD") return;
    guard.checkFormToken((body as { formToken?: unknown } | undefined)?.formToken);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(view, request, reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(view, request, reply, new TurnoutError("TURNOUT_NOT_FOUND", "There is nothing at this address.")),
  );

  app.get("/health", async () => ({ status: "ok" }));
  app.get<{ Params: { "*": string } }>("/assets/*", async (request, reply) => {
    const asset = assets.find(request.params["*"]);
    if (!asset) return reply.callNotFound();
    // The URL contains a fingerprint of the content.
    reply.header("cache-control", "public, max-age=31536000, immutable");
    return reply.type(asset.contentType).send(asset.body);
  });
  await app.register(overviewRoutes, { view, watch, streams });
  await app.register(deadLetterListRoutes, { view, service: deadLetters });
  await app.register(deadLetterRoutes, { view, service: deadLetters });
  await app.register(manyRoutes, { view, service: deadLetters, runs: manyRuns, streams });
  await app.register(replayRoutes, { view, service: deadLetters, replays, streams });
  await app.register(registrationRoutes, { view, service: registrations, streams });
  await app.register(acceptanceRoutes, { view, service: parts.acceptance, wallClock: parts.wallClock });
  await app.register(systemRoutes, { view, facts, service: deadLetters });
  await app.register(tabRoutes, { view });
  return app;
}
