/**
 * Changes of many dead letters from the console: first checked, then, when somebody confirmed it, executed. Both run
 * whether or not a page is open, show their progress and can be stopped. Kept in memory only: a console that ends stops
 * them after the records under way, their effects are in the records, and repeating them is safe.
 */
import { randomUUID } from "node:crypto";
import { TurnoutError } from "../shared/errors.ts";
import {
  describeSummary,
  executeMany,
  planMany,
  type ManyAction,
  type ManyPlan,
  type ManySummary,
} from "../admin/dead-letters/many.ts";
import { describeChange, type ManyChange } from "../admin/dead-letters/many-change.ts";
import type { Selector } from "../admin/dead-letters/selection.ts";
import { explain } from "../terminal/exit.ts";
import type { DeadLetterService } from "./dead-letter-service.ts";

/** What was asked for. */
export type ManyRequest = { readonly selector: Selector } & (
  | { readonly action: "edit"; readonly change: ManyChange }
  | { readonly action: "discard" }
);

export interface ManyRun {
  readonly id: string;
  readonly request: ManyRequest;
  /** The reason so far, for the form. */
  readonly why: string;
  readonly phase: "checking" | "checked" | "executing" | "ended";
  /** Records checked or changed in this phase. */
  readonly done: number;
  readonly total: number;
  /** A stop was requested. */
  readonly stopping: boolean;
  /** Once checked. */
  readonly plan: ManyPlan | undefined;
  /** Once executed. */
  readonly summary: ManySummary | undefined;
  /** Why it stopped before the end, in lines; else empty. */
  readonly stopped: readonly string[];
}

export interface ManyRuns {
  /** Starts to check what would be changed. @throws TURNOUT_REQUEST_INVALID while too many run */
  check(request: ManyRequest, why: string): ManyRun;
  /**
   * Starts to change what was checked. Does nothing for one that was started before.
   * @throws TURNOUT_REQUEST_INVALID while another one is executed; the SDK's error when the log cannot be written
   */
  execute(id: string, why: string): Promise<void>;
  find(id: string): ManyRun | undefined;
  /** Stops it after the records under way. Safe to call twice, and for one that has ended. */
  stop(id: string): void;
  /** Stops all and waits for them. */
  close(): Promise<void>;
}

export interface ManyRunsOptions {
  readonly service: Pick<DeadLetterService, "store" | "index" | "select" | "logBegin" | "manyEdit" | "manyDiscard">;
  /** Called when there is something new to show, at most every `tellEveryMs`. */
  readonly onChange: (run: ManyRun) => void;
}

interface Running {
  run: ManyRun;
  readonly stop: AbortController;
  done: Promise<void>;
}

const keptRuns = 20;
const maxChecking = 4;
const tellEveryMs = 250;

function reject(message: string): never {
  throw new TurnoutError("TURNOUT_REQUEST_INVALID", message);
}

export function createManyRuns({ service, onChange }: ManyRunsOptions): ManyRuns {
  const runs: Running[] = [];
  const timers = new Map<Running, NodeJS.Timeout>();
  let isStarting = false;

  function change(running: Running, next: Partial<ManyRun>, isUrgent = false): void {
    running.run = { ...running.run, ...next };
    if (isUrgent) {
      clearTimeout(timers.get(running));
      timers.delete(running);
      return onChange(running.run);
    }
    if (timers.has(running)) return;
    const tell = () => {
      timers.delete(running);
      onChange(running.run);
    };
    timers.set(running, setTimeout(tell, tellEveryMs));
  }

  function actionOf(request: ManyRequest): ManyAction {
    return request.action === "edit" ? service.manyEdit(request.change) : service.manyDiscard();
  }

  function optionsFor(running: Running) {
    const onProgress = (done: number, total: number) => change(running, { done, total });
    const action = actionOf(running.run.request);
    return { store: service.store, action, signal: running.stop.signal, onProgress };
  }

  async function plan(running: Running): Promise<void> {
    try {
      const ids = await service.select(running.run.request.selector);
      const found = await planMany(ids, optionsFor(running));
      change(running, { phase: "checked", plan: found }, true);
    } catch (error) {
      const stopped = running.stop.signal.aborted ? ["Stopped on request."] : explain(error).split("\n");
      change(running, { phase: "ended", stopped }, true);
    }
  }

  async function carryOut(running: Running, planned: ManyPlan, who: string, finish: (text: string) => Promise<void>) {
    const { request, why } = running.run;
    const summary = await executeMany(planned, { ...optionsFor(running), who, why });
    const stopped: string[] = [];
    if (summary.stopped?.code === "error") stopped.push(...explain(summary.stopped.cause).split("\n"));
    else if (summary.stopped) stopped.push("Stopped on request.");
    const verb = request.action === "edit" ? `${describeChange(request.change)}: changed` : "discarded";
    try {
      await finish(describeSummary(summary, verb));
      await service.index.reload();
    } catch (error) {
      stopped.push(...explain(error).split("\n"));
    }
    change(running, { phase: "ended", summary, stopped }, true);
  }

  function requireRun(id: string): Running {
    return runs.find(({ run }) => run.id === id) ?? reject("This console no longer knows this change.");
  }

  return {
    check(request, why) {
      if (runs.filter(({ run }) => run.phase === "checking").length >= maxChecking) {
        reject("Other changes are being checked. Wait for them, or stop them.");
      }
      const run: ManyRun = {
        id: randomUUID(),
        request,
        why,
        phase: "checking",
        done: 0,
        total: 0,
        stopping: false,
        plan: undefined,
        summary: undefined,
        stopped: [],
      };
      const running: Running = { run, stop: new AbortController(), done: Promise.resolve() };
      runs.push(running);
      const old = runs.findIndex((one) => one.run.phase === "ended" || one.run.phase === "checked");
      if (runs.length > keptRuns && old >= 0) runs.splice(old, 1);
      running.done = plan(running);
      return run;
    },
    async execute(id, why) {
      const running = requireRun(id);
      const { phase, plan: planned, request } = running.run;
      if (phase !== "checked" || !planned) return;
      if (isStarting || runs.some(({ run }) => run.phase === "executing")) {
        reject("Another change of many is under way. Wait for its end, or stop it.");
      }
      isStarting = true;
      try {
        const ids = planned.planned.map((one) => one.id);
        const doing = request.action === "edit" ? describeChange(request.change) : "discarding";
        const { who, finish } = await service.logBegin({ action: request.action, ids, detail: doing, why });
        change(running, { phase: "executing", why, done: 0, total: ids.length });
        running.done = carryOut(running, planned, who, finish);
      } finally {
        isStarting = false;
      }
    },
    find: (id) => runs.find(({ run }) => run.id === id)?.run,
    stop(id) {
      const running = requireRun(id);
      running.stop.abort();
      if (running.run.phase !== "ended") change(running, { stopping: true });
    },
    async close() {
      for (const { stop } of runs) stop.abort();
      await Promise.all(runs.map(({ done }) => done));
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
