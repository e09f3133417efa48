/** Replays: the list of runs, the dry run, the start, and one run with its progress. */
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import type { DeadLetterService } from "../dead-letter-service.ts";
import type { EventStreams } from "../event-streams.ts";
import { consolePageHeaders } from "../../shared/page/page-headers.ts";
import { byControl, readWhy, type FormProblem } from "../form-problems.ts";
import { requireSelector, selectorFields } from "../list-query.ts";
import { postedNumber, postedText, type PostedForm } from "../posted-form.ts";
import type { Selector } from "../../admin/dead-letters/selection.ts";
import { isRunId } from "../../admin/replay-runs/replay-run.ts";
import type { ReplayRuns, ShownRun } from "../replay-runs.ts";
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

/** Why a posted form was not accepted. */
interface Rejection {
  readonly title: string;
  readonly problems: readonly FormProblem[];
}

const shownChecks = 100;
const shownRuns = 200;
const defaults = { canary: 1, rate: 100 };
const bounds = { canary: 1_000, rate: 10_000 };
const outcomeTimeoutSeconds = 60;

/** The parts of the pages that are updated, by their `data-live` names. */
const liveParts = ["progress", "actions", "outcomes", "standing", "settled"] as const;

export function replayTopic(id: string): string {
  return `replay ${id}`;
}

/** @returns the data of one event: what has changed as HTML, and whether the run has come to its end */
export function replayEvent(view: View, shown: ShownRun): string {
  const parts = Object.fromEntries(liveParts.map((name) => [name, view.part(`replay-${name}`, shown)]));
  return JSON.stringify({ parts, ended: shown.standing === "done" });
}

/** Whether the admin can try it again as it stands, or corrected. */
function isRejection(error: unknown): error is TurnoutError {
  return (
    error instanceof TurnoutError &&
    (error.code === "TURNOUT_REQUEST_INVALID" || error.code === "TURNOUT_REPLAY_RUNNING")
  );
}

export async function replayRoutes(app: FastifyInstance, options: ReplayRoutesOptions): Promise<void> {
  const { view, service, replays, streams } = options;
  const selectorOf = (form: PostedForm) => requireSelector(form, service.searches);

  async function requireRun(id: string): Promise<ShownRun> {
    const shown = isRunId(id) ? await replays.find(id) : undefined;
    if (shown) return shown;
    throw new TurnoutError(
      "TURNOUT_REPLAY_UNKNOWN",
      "There is no such run: runs are kept for 90 days. What they did is in the history of each dead letter.",
    );
  }

  /** @param rejection why it was not started */
  async function requestPage(selector: Selector, posted: PostedForm, rejection?: Rejection): Promise<string> {
    const [dryRun, busy] = await Promise.all([service.dryRun(selector, shownChecks), replays.busy()]);
    const selection = selectorFields(selector, service.searches);
    const errors = byControl(rejection?.problems ?? []);
    const given = {
      canary: posted.canary ?? defaults.canary,
      rate: posted.rate ?? defaults.rate,
      why: postedText(posted, "why", 5_000),
    };
    const data = { dryRun, selection, given, bounds, busy, rejection, errors };
    return view.page("replay-request", "replays", "Replay", data);
  }

  app.get("/replays", async (_request, reply) => {
    const runs = await replays.list();
    const data = { runs: runs.slice(0, shownRuns), total: runs.length };
    return reply.type("text/html").send(view.page("replays", "replays", "Replays", data));
  });

  app.get<{ Querystring: PostedForm }>("/replays/new", async ({ query }, reply) =>
    reply.type("text/html").send(await requestPage(selectorOf(query), {})),
  );

  app.post<{ Body: PostedForm }>("/replays", async ({ body }, reply) => {
    const selector = selectorOf(body);
    const rejected = async (status: number, rejection: Rejection) =>
      reply
        .code(status)
        .type("text/html")
        .send(await requestPage(selector, body, rejection));
    try {
      const { why, problems } = readWhy(body, "why");
      if (problems.length > 0) return await rejected(400, { title: "Nothing was sent. Please correct:", problems });
      const request = {
        canary: postedNumber(body, "canary", 1, bounds.canary),
        rate: postedNumber(body, "rate", 1, bounds.rate),
        why,
      };
      const ids = await service.select(selector);
      if (ids.length === 0) throw new TurnoutError("TURNOUT_REQUEST_INVALID", "None of them is still open.");
      const id = await replays.start({ ...request, selector, ids, again: false, outcomeTimeoutSeconds });
      return await reply.redirect(`/replays/${id}`, 303);
    } catch (error) {
      if (!isRejection(error)) throw error;
      return rejected(error.code === "TURNOUT_REPLAY_RUNNING" ? 409 : 400, { title: error.message, problems: [] });
    }
  });

  app.get<OneRun>("/replays/:id", async ({ params }, reply) => {
    const shown = await requireRun(params.id);
    return reply.type("text/html").send(view.page("replay", "replays", "Replay", shown));
  });

  app.get<OneRun>("/replays/:id/events", async (request, reply) => {
    const shown = await requireRun(request.params.id);
    const { id } = shown.run;
    if (!streams.open(replayTopic(id), reply.raw, consolePageHeaders, replayEvent(view, shown))) {
      return reply.code(503).header("retry-after", 10).send({ code: "too-many-windows" });
    }
    reply.hijack();
    replays.follow(id);
    return reply;
  });

  app.post<OneRun>("/replays/:id/stop", async ({ params }, reply) => {
    const { run } = await requireRun(params.id);
    await replays.stop(run.id);
    return reply.redirect(`/replays/${run.id}`, 303);
  });

  app.post<OneRun>("/replays/:id/resume", async ({ params }, reply) => {
    const { run } = await requireRun(params.id);
    await replays.resume(run.id);
    return reply.redirect(`/replays/${run.id}`, 303);
  });
}
