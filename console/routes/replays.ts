/** Replays: the dry run, the start, and the progress. */
import type { FastifyInstance } from "fastify";
import { deadLetterReasons } from "../../shared/dead-letters/dead-letter.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { Selector } from "../../admin/dead-letters/selection.ts";
import type { DeadLetterService } from "../dead-letter-service.ts";
import type { EventStreams } from "../event-streams.ts";
import { consolePageHeaders } from "../../shared/page/page-headers.ts";
import { postedChoice, postedList, postedNumber, postedWhy, type PostedForm } from "../posted-form.ts";
import type { ReplayRun, ReplayRuns } from "../replay-runs.ts";
import type { View } from "../view.ts";

export interface ReplayRoutesOptions {
  readonly view: View;
  readonly service: DeadLetterService;
  readonly replays: ReplayRuns;
  readonly streams: EventStreams;
}

interface OneRun {
  Params: { id: string };
}

const shownChecks = 100;
const defaults = { canary: 1, rate: 100 };
const bounds = { canary: 1_000, rate: 10_000 };

export function replayTopic(id: string): string {
  return `replay ${id}`;
}

/** @returns the data of one event: the progress as HTML, and whether the replay has ended */
export function replayEvent(view: View, run: ReplayRun): string {
  return JSON.stringify({
    parts: { progress: view.part("replay-progress", { run }) },
    ended: run.summary !== undefined,
  });
}

/** @throws TURNOUT_REQUEST_INVALID if nothing was selected */
function selectorOf(form: PostedForm): Selector {
  const ids = postedList(form, "id");
  if (ids.length > 0) return { ids };
  const reason = postedChoice(form, "reason", deadLetterReasons);
  if (reason === undefined && form.all === undefined) {
    throw new TurnoutError("TURNOUT_REQUEST_INVALID", "Nothing was selected. Select the dead letters to be replayed.");
  }
  return { filter: { reason, state: "open" } };
}

export async function replayRoutes(app: FastifyInstance, options: ReplayRoutesOptions): Promise<void> {
  const { view, service, replays, streams } = options;

  function requireRun(id: string): ReplayRun {
    const run = replays.find(id);
    if (run) return run;
    throw new TurnoutError(
      "TURNOUT_NOT_FOUND",
      "This console no longer knows this replay. Its effects are in the history of each dead letter.",
    );
  }

  app.get<{ Querystring: PostedForm }>("/replays/new", async ({ query }, reply) => {
    const selector = selectorOf(query);
    const dryRun = await service.dryRun(selector, shownChecks);
    const data = { dryRun, selector, defaults, bounds, latest: replays.latest() };
    return reply.type("text/html").send(view.page("replay-request", "dead-letters", "Replay", data));
  });

  app.post<{ Body: PostedForm }>("/replays", async ({ body }, reply) => {
    const ids = await service.select(selectorOf(body));
    if (ids.length === 0) throw new TurnoutError("TURNOUT_REQUEST_INVALID", "None of them is still open.");
    const { id } = await replays.start({
      ids,
      canary: postedNumber(body, "canary", 1, bounds.canary),
      rate: postedNumber(body, "rate", 1, bounds.rate),
      why: postedWhy(body),
    });
    return reply.redirect(`/replays/${id}`, 303);
  });

  app.get<OneRun>("/replays/:id", async ({ params }, reply) => {
    const run = requireRun(params.id);
    return reply.type("text/html").send(view.page("replay", "dead-letters", "Replay", { run }));
  });

  app.get<OneRun>("/replays/:id/events", (request, reply) => {
    const run = requireRun(request.params.id);
    if (streams.open(replayTopic(run.id), reply.raw, consolePageHeaders, replayEvent(view, run))) reply.hijack();
    else void reply.code(503).header("retry-after", 10).send({ code: "too-many-windows" });
  });

  app.post<OneRun>("/replays/:id/stop", async ({ params }, reply) => {
    const { id } = requireRun(params.id);
    replays.stop(id);
    return reply.redirect(`/replays/${id}`, 303);
  });
}
