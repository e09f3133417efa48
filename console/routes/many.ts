/** One change of many dead letters: what is wanted, the check, the confirmation, the progress. */
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import { consolePageHeaders } from "../../shared/page/page-headers.ts";
import { describeChange } from "../../admin/dead-letters/many-change.ts";
import type { Selector } from "../../admin/dead-letters/selection.ts";
import type { DeadLetterService } from "../dead-letter-service.ts";
import type { EventStreams } from "../event-streams.ts";
import { byControl, readWhy, type FormProblem } from "../form-problems.ts";
import { requireSelector, selectorFields } from "../list-query.ts";
import {
  changeableFields,
  manyKinds,
  readManyChange,
  readManyValues,
  valuesOf,
  type ManyFormValues,
} from "../many-form.ts";
import type { ManyRun, ManyRuns } from "../many-runs.ts";
import { postedChoice, type PostedForm } from "../posted-form.ts";
import type { View } from "../view.ts";

export interface ManyRoutesOptions {
  readonly view: View;
  readonly service: DeadLetterService;
  readonly runs: ManyRuns;
  readonly streams: EventStreams;
}

interface OneRun {
  Params: { id: string };
}

const actions = ["edit", "discard"] as const;
const noValues = readManyValues({});

export function manyTopic(id: string): string {
  return `many ${id}`;
}

function isMoving({ phase }: ManyRun): boolean {
  return phase === "checking" || phase === "executing";
}

/** @returns the data of one event: the progress as HTML, and whether the page has to be loaded for more */
export function manyEvent(view: View, run: ManyRun): string {
  return JSON.stringify({ parts: { progress: view.part("many-progress", { run }) }, ended: !isMoving(run) });
}

export async function manyRoutes(app: FastifyInstance, options: ManyRoutesOptions): Promise<void> {
  const { view, service, runs, streams } = options;
  const { searches } = service;

  function requireRun(id: string): ManyRun {
    const run = runs.find(id);
    if (run) return run;
    throw new TurnoutError(
      "TURNOUT_NOT_FOUND",
      "This console no longer knows this change. Its effects are in the history of each dead letter, and it can be repeated.",
    );
  }

  async function requestPage(
    action: (typeof actions)[number],
    selector: Selector,
    values: ManyFormValues,
    why: string,
    problems: readonly FormProblem[] = [],
  ): Promise<string> {
    const title = action === "edit" ? "Change a field of many" : "Discard many";
    return view.page("many-request", "dead-letters", problems.length > 0 ? `Error: ${title}` : title, {
      action,
      heading: title,
      selected: await service.count(selector),
      selection: selectorFields(selector, searches),
      values,
      why,
      kinds: manyKinds,
      changeable: changeableFields(service.event),
      problems,
      errors: byControl(problems),
    });
  }

  function runPage(run: ManyRun, why: string, problems: readonly FormProblem[] = []): string {
    const { request } = run;
    const title = request.action === "edit" ? "Change a field of many" : "Discard many";
    return view.page("many", "dead-letters", problems.length > 0 ? `Error: ${title}` : title, {
      run,
      heading: title,
      words: request.action === "edit" ? describeChange(request.change) : "discards",
      values: request.action === "edit" ? valuesOf(request.change) : noValues,
      replayLink: `/replays/new?${new URLSearchParams(selectorFields(request.selector, searches)).toString()}`,
      isMoving: isMoving(run),
      why,
      problems,
      errors: byControl(problems),
    });
  }

  app.get<{ Querystring: PostedForm }>("/dead-letters/many", async ({ query }, reply) => {
    reply.type("text/html");
    if (typeof query.from === "string") {
      // What was entered is read from the run, since it may be an address, which must not be in a URL.
      const { request, why } = requireRun(query.from);
      const values = request.action === "edit" ? valuesOf(request.change) : noValues;
      return reply.send(await requestPage(request.action, request.selector, values, why));
    }
    const action = postedChoice(query, "action", actions) ?? "edit";
    return reply.send(await requestPage(action, requireSelector(query, searches), noValues, ""));
  });

  app.post<{ Body: PostedForm }>("/dead-letters/many", async ({ body }, reply) => {
    const action = postedChoice(body, "action", actions) ?? "edit";
    const selector = requireSelector(body, searches);
    const { why } = readWhy(body, "why");
    if (action === "discard")
      return reply.redirect(`/dead-letters/many/${runs.check({ action, selector }, why).id}`, 303);
    const values = readManyValues(body);
    const change = readManyChange(values, service.event);
    if (Array.isArray(change)) {
      const page = await requestPage(action, selector, values, why, change);
      return reply.code(400).type("text/html").send(page);
    }
    const { id } = runs.check({ action, selector, change }, why);
    return reply.redirect(`/dead-letters/many/${id}`, 303);
  });

  app.get<OneRun>("/dead-letters/many/:id", async ({ params }, reply) => {
    const run = requireRun(params.id);
    return reply.type("text/html").send(runPage(run, run.why));
  });

  app.post<OneRun & { Body: PostedForm }>("/dead-letters/many/:id/execute", async ({ params, body }, reply) => {
    const run = requireRun(params.id);
    const { why, problems } = readWhy(body, "why");
    const refuse = (status: number, found: readonly FormProblem[]) =>
      reply
        .code(status)
        .type("text/html")
        .send(runPage(run, why, found));
    if (problems.length > 0 && run.phase === "checked") return refuse(400, problems);
    try {
      await runs.execute(run.id, why);
    } catch (error) {
      if (!(error instanceof TurnoutError) || error.code !== "TURNOUT_REQUEST_INVALID") throw error;
      return refuse(409, [{ control: "why", label: "Not started", detail: error.message }]);
    }
    return reply.redirect(`/dead-letters/many/${run.id}`, 303);
  });

  app.post<OneRun>("/dead-letters/many/:id/stop", async ({ params }, reply) => {
    const { id } = requireRun(params.id);
    runs.stop(id);
    return reply.redirect(`/dead-letters/many/${id}`, 303);
  });

  app.get<OneRun>("/dead-letters/many/:id/events", (request, reply) => {
    const run = requireRun(request.params.id);
    if (streams.open(manyTopic(run.id), reply.raw, consolePageHeaders, manyEvent(view, run))) reply.hijack();
    else void reply.code(503).header("retry-after", 10).send({ code: "too-many-windows" });
  });
}
