/**
 * Runs `cron.yaml` like Elastic Beanstalk's daemon: posts due tasks to the worker with the headers and empty body of
 * production. https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features-managing-env-tiers.html
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { Cron } from "croner";
import { parse } from "yaml";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";

const CronFile = Type.Object(
  {
    version: Type.Literal(1),
    cron: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          /** Path on the worker. */
          url: Type.String({ pattern: "^/" }),
          /** Five fields, in UTC. */
          schedule: Type.String({ minLength: 1 }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const validator = Compile(CronFile);

export type PeriodicTask = Static<typeof CronFile>["cron"][number];

/** Beanstalk's daemon uses UTC as well. */
const timeZone = "UTC";

/**
 * @param file path of a cron.yaml
 * @returns its tasks
 * @throws Error naming the file and the error in it
 */
export function readCronFile(file: string): PeriodicTask[] {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!validator.Check(value)) {
    const errors = validator.Errors(value).map((error) => `${error.instancePath || "/"} ${error.message}`);
    throw new Error(`${file} is not a cron.yaml of version 1: ${errors.join("; ")}`);
  }
  const names = new Set<string>();
  for (const { name, schedule } of value.cron) {
    if (names.has(name)) throw new Error(`${file} has two tasks with the name ${name}.`);
    names.add(name);
    try {
      new Cron(schedule, { timezone: timeZone, mode: "5-part", paused: true }).stop();
    } catch (cause) {
      throw new Error(`${file}: the schedule "${schedule}" of ${name} cannot be read; give five fields.`, { cause });
    }
  }
  return value.cron;
}

/**
 * Posts a task once.
 * @param workerUrl of the worker
 * @param scheduledAt when it was due
 * @param timeoutMs for the whole call
 * @returns undefined after a 200, otherwise what happened; never throws
 */
export async function postTask(
  workerUrl: string,
  task: PeriodicTask,
  scheduledAt: Date,
  timeoutMs: number,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const post = request(new URL(task.url, workerUrl), {
    method: "POST",
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      "content-type": "application/json",
      "content-length": 0,
      "user-agent": "aws-sqsd/3.0",
      "x-aws-sqsd-msgid": randomUUID(),
      "x-aws-sqsd-receive-count": "1",
      "x-aws-sqsd-taskname": task.name,
      "x-aws-sqsd-scheduled-at": scheduledAt.toISOString(),
      "x-aws-sqsd-sender-id": "local-scheduler",
    },
  });
  post.once("response", (response) => {
    response.resume();
    response.once("error", (error) => resolve(error.message));
    response.once("end", () => resolve(response.statusCode === 200 ? undefined : `it answered ${response.statusCode}`));
  });
  post.once("error", (error) => {
    resolve(error.name === "AbortError" ? `no answer within ${timeoutMs / 1_000} s` : error.message);
  });
  post.end();
  return promise;
}

export interface Scheduler {
  /** Schedules nothing more. A posted task may still be answered. Safe to repeat. */
  stop(): void;
}

export interface SchedulerOptions {
  readonly tasks: readonly PeriodicTask[];
  readonly workerUrl: string;
  /** Called when a task was not answered 200. The daemon would retry; here the next run does. */
  onFailure(task: PeriodicTask, why: string): void;
  /** Default: 30,000 ms. */
  readonly timeoutMs?: number;
}

/** @returns a running scheduler; tasks never overlap with themselves */
export function startScheduler({ tasks, workerUrl, onFailure, timeoutMs = 30_000 }: SchedulerOptions): Scheduler {
  let stopped = false;
  const jobs = tasks.map(
    (task) =>
      new Cron(task.schedule, { timezone: timeZone, mode: "5-part", protect: true, unref: true }, async (self) => {
        const why = await postTask(workerUrl, task, self.currentRun() ?? new Date(), timeoutMs);
        if (why !== undefined && !stopped) onFailure(task, why);
      }),
  );
  return {
    stop() {
      stopped = true;
      for (const job of jobs) job.stop();
    },
  };
}
